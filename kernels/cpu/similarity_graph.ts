// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// similarity_graph: from the products of n snippets with each other to their softmax weights,
// and back
//   dots [n, n]: x_i . x_j; norms [n]; rows of the graph lie `stride` numbers apart

import { exp4 } from "./activation.ts";

/** Added to the product of two norms (src/ops/similarity_graph/op.ts). */
const EPSILON: f32 = 1e-20;

function cosine4(dots: v128, norm: v128, others: v128): v128 {
  return f32x4.div(dots, f32x4.add(f32x4.mul(norm, others), f32x4.splat(EPSILON)));
}

// @ts-ignore: decorator

function cosine(dot: f32, norm: f32, other: f32): f32 {
  return dot / (norm * other + EPSILON);
}

/** graph row i = softmax over j < n of the cosines above the threshold, the others 0. */
export function similarityRows(
  dots: usize,
  norms: usize,
  n: i32,
  stride: i32,
  threshold: f32,
  graph: usize,
): void {
  const limit = f32x4.splat(threshold);
  for (let i = 0; i < n; i++) {
    const norm = load<f32>(norms + (<usize> i << 2));
    const norm4 = f32x4.splat(norm);
    const dotRow = dots + ((<usize> i * <usize> n) << 2);
    const row = graph + ((<usize> i * <usize> stride) << 2);
    let total4 = f32x4.splat(0);
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize> j << 2;
      const c = cosine4(v128.load(dotRow + at), norm4, v128.load(norms + at));
      const power = exp4(v128.and(c, f32x4.gt(c, limit)));
      v128.store(row + at, power);
      total4 = f32x4.add(total4, power);
    }
    let total = f32x4.extract_lane(total4, 0) + f32x4.extract_lane(total4, 1) +
      f32x4.extract_lane(total4, 2) + f32x4.extract_lane(total4, 3);
    for (; j < n; j++) {
      const at = <usize> j << 2;
      const c = cosine(load<f32>(dotRow + at), norm, load<f32>(norms + at));
      const power = f32x4.extract_lane(exp4(f32x4.splat(c > threshold ? c : 0)), 0);
      store<f32>(row + at, power);
      total += power;
    }
    const share = f32x4.splat(1 / total);
    for (j = 0; j + 4 <= n; j += 4) {
      const at = row + (<usize> j << 2);
      v128.store(at, f32x4.mul(v128.load(at), share));
    }
    for (; j < n; j++) {
      const at = row + (<usize> j << 2);
      store<f32>(at, load<f32>(at) / total);
    }
  }
}

/**
 * From the gradient `dy` of a graph (rows `stride` apart): what stands before each pair in dx,
 * share [n, n] symmetric, and shrink [n], what each snippet's norm takes back, as a factor of the
 * snippet.
 */
export function similarityGradient(
  dots: usize,
  norms: usize,
  n: i32,
  stride: i32,
  threshold: f32,
  graph: usize,
  dy: usize,
  share: usize,
  shrink: usize,
): void {
  for (let i = 0; i < n; i++) {
    const norm = load<f32>(norms + (<usize> i << 2));
    const row = (<usize> i * <usize> stride) << 2;
    const tight = (<usize> i * <usize> n) << 2;
    let mean: f32 = 0;
    for (let j = 0; j < n; j++) {
      const at = row + (<usize> j << 2);
      mean += load<f32>(graph + at) * load<f32>(dy + at);
    }
    for (let j = 0; j < n; j++) {
      const at = <usize> j << 2;
      const scale = norm * load<f32>(norms + at) + EPSILON;
      const c = load<f32>(dots + tight + at) / scale;
      const slope = load<f32>(graph + row + at) * (load<f32>(dy + row + at) - mean);
      store<f32>(share + tight + at, c > threshold ? slope / scale : 0);
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const one = share + ((<usize> i * <usize> n + j) << 2);
      const other = share + ((<usize> j * <usize> n + i) << 2);
      const both = load<f32>(one) + load<f32>(other);
      store<f32>(one, both);
      store<f32>(other, both);
    }
  }
  for (let i = 0; i < n; i++) {
    const norm = load<f32>(norms + (<usize> i << 2));
    const tight = (<usize> i * <usize> n) << 2;
    let sum: f32 = 0;
    for (let j = 0; j < n; j++) {
      const at = <usize> j << 2;
      const other = load<f32>(norms + at);
      const c = cosine(load<f32>(dots + tight + at), norm, other);
      sum += load<f32>(share + tight + at) * c * other;
    }
    store<f32>(shrink + (<usize> i << 2), norm > 0 ? sum / norm : 0);
  }
}

/** dx [n, columns] -= factors_i x_i, row by row. */
export function subtractScaledRows(
  x: usize,
  factors: usize,
  n: i32,
  columns: i32,
  dx: usize,
): void {
  for (let i = 0; i < n; i++) {
    const factor = load<f32>(factors + (<usize> i << 2));
    const factor4 = f32x4.splat(factor);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      v128.store(dx, f32x4.sub(v128.load(dx), f32x4.mul(factor4, v128.load(x))));
      x += 16;
      dx += 16;
    }
    for (; c < columns; c++) {
      store<f32>(dx, load<f32>(dx) - factor * load<f32>(x));
      x += 4;
      dx += 4;
    }
  }
}
