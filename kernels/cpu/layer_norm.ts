// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// layer_norm: y = (x - mean) / sqrt(variance + epsilon) gamma + beta over each row of x
// [rows, columns], and its gradient
//   A row stays in the cache over its three walks. Sums of a row run in four f32 lanes,
//     those over rows in double.

import { columnScratchBytes, fold, writeTotals } from "./columns.ts";

const BLOCK: i32 = 64; // rows summed in single precision before they go into the double total

function sum4(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

export function meanOf(x: usize, columns: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, j = 0;
  for (; j + 8 <= columns; j += 8) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    x += 32;
  }
  let sum = sum4(f32x4.add(s0, s1));
  for (; j < columns; j++) {
    sum += load<f32>(x);
    x += 4;
  }
  return sum / <f32> columns;
}

export function varianceOf(x: usize, columns: i32, mean: f32): f32 {
  const centre = f32x4.splat(mean);
  let s0 = f32x4.splat(0), s1 = s0, j = 0;
  for (; j + 8 <= columns; j += 8) {
    const a = f32x4.sub(v128.load(x), centre), b = f32x4.sub(v128.load(x, 16), centre);
    s0 = f32x4.add(s0, f32x4.mul(a, a));
    s1 = f32x4.add(s1, f32x4.mul(b, b));
    x += 32;
  }
  let sum = sum4(f32x4.add(s0, s1));
  for (; j < columns; j++) {
    const d = load<f32>(x) - mean;
    sum += d * d;
    x += 4;
  }
  return sum / <f32> columns;
}

function inverseOf(x: usize, columns: i32, mean: f32, epsilon: f32): f32 {
  return <f32> 1 / sqrt<f32>(varianceOf(x, columns, mean) + epsilon);
}

export function layerNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  y: usize,
): void {
  const stride = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    const mean = meanOf(x, columns);
    writeRow(x, gamma, beta, columns, mean, inverseOf(x, columns, mean, epsilon), y);
    x += stride;
    y += stride;
  }
}

/** y = (x - mean) inverse gamma + beta. */
export function writeRow(
  x: usize,
  gamma: usize,
  beta: usize,
  columns: i32,
  mean: f32,
  inverse: f32,
  y: usize,
): void {
  const centre = f32x4.splat(mean), factor = f32x4.splat(inverse);
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const normalised = f32x4.mul(f32x4.sub(v128.load(x), centre), factor);
    v128.store(y, f32x4.add(f32x4.mul(normalised, v128.load(gamma)), v128.load(beta)));
    x += 16;
    y += 16;
    gamma += 16;
    beta += 16;
  }
  for (; j < columns; j++) {
    store<f32>(y, (load<f32>(x) - mean) * inverse * load<f32>(gamma) + load<f32>(beta));
    x += 4;
    y += 4;
    gamma += 4;
    beta += 4;
  }
}

/** Bytes of scratch memory for the sums over rows. */
export function layerNormScratchBytes(columns: i32): i32 {
  return columnScratchBytes(columns);
}

/** dx [rows, columns], dgamma, dbeta [columns] from dy, x and gamma. */
export function layerNormGradient(
  dy: usize,
  x: usize,
  gamma: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  scratch: usize,
): void {
  layerNormGradientPart(dy, x, gamma, rows, columns, epsilon, dx, scratch);
  writeTotals(scratch, dgamma, columns, 1);
  writeTotals(scratch + ((<usize> columns) << 3), dbeta, columns, 1);
}

/**
 * The same for some of the rows: sums of dgamma and dbeta stay at scratch, doubles [2, columns].
 */
export function layerNormGradientPart(
  dy: usize,
  x: usize,
  gamma: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  dx: usize,
  scratch: usize,
): void {
  const stride = (<usize> columns) << 2;
  const totalGain = scratch, totalShift = scratch + 2 * stride;
  const partGain = scratch + 4 * stride, partShift = scratch + 5 * stride;
  memory.fill(scratch, 0, 6 * stride);
  for (let first = 0; first < rows; first += BLOCK) {
    const last = min(rows, first + BLOCK);
    for (let row = first; row < last; row++) {
      const mean = meanOf(x, columns);
      const inverse = inverseOf(x, columns, mean, epsilon);
      gradientRow(dy, x, gamma, columns, mean, inverse, 1, dx, partGain, partShift);
      dy += stride;
      x += stride;
      dx += stride;
    }
    fold(totalGain, partGain, columns);
    fold(totalShift, partShift, columns);
  }
}

/**
 * With n = (x - mean) inverse and g = dy gamma: dx = inverse (g - mean g - steep n mean(g n)); dy n
 * is added to toGain, dy to toShift.
 */
export function gradientRow(
  dy: usize,
  x: usize,
  gamma: usize,
  columns: i32,
  mean: f32,
  inverse: f32,
  steep: f32,
  dx: usize,
  toGain: usize,
  toShift: usize,
): void {
  const centre = f32x4.splat(mean), factor = f32x4.splat(inverse);
  const whole = columns & ~3;
  let sum = f32x4.splat(0), along = f32x4.splat(0);
  let at: usize = 0;
  const end = (<usize> whole) << 2, bytes = (<usize> columns) << 2;
  for (; at < end; at += 16) {
    const slope = v128.load(dy + at);
    const n = f32x4.mul(f32x4.sub(v128.load(x + at), centre), factor);
    const g = f32x4.mul(slope, v128.load(gamma + at));
    const product = f32x4.mul(slope, n);
    sum = f32x4.add(sum, g);
    along = f32x4.add(along, f32x4.mul(g, n));
    v128.store(toGain + at, f32x4.add(v128.load(toGain + at), product));
    v128.store(toShift + at, f32x4.add(v128.load(toShift + at), slope));
  }
  let gSum = sum4(sum), gAlong = sum4(along);
  for (; at < bytes; at += 4) {
    const slope = load<f32>(dy + at), n = (load<f32>(x + at) - mean) * inverse;
    const g = slope * load<f32>(gamma + at);
    gSum += g;
    gAlong += g * n;
    store<f32>(toGain + at, load<f32>(toGain + at) + slope * n);
    store<f32>(toShift + at, load<f32>(toShift + at) + slope);
  }
  gSum /= <f32> columns;
  gAlong = gAlong / <f32> columns * steep;
  const level = f32x4.splat(gSum), tilt = f32x4.splat(gAlong);
  for (at = 0; at < end; at += 16) {
    const n = f32x4.mul(f32x4.sub(v128.load(x + at), centre), factor);
    const g = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
    v128.store(dx + at, f32x4.mul(f32x4.sub(f32x4.sub(g, level), f32x4.mul(n, tilt)), factor));
  }
  for (; at < bytes; at += 4) {
    const n = (load<f32>(x + at) - mean) * inverse;
    store<f32>(dx + at, (load<f32>(dy + at) * load<f32>(gamma + at) - gSum - n * gAlong) * inverse);
  }
}
