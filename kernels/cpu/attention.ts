// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// attention: logits to weights and the slopes of both, in one walk over a table, in place
//   a table holds queries [first, first + rows) against keys [start, start + columns)
//   a query sees keys in one range: those below `length`, with causal up to itself,
//     with window > 0 of its block
//   bias: address of the first query's and key's, 0 for none,
//     biasStep bytes from a query to the next

import { exp4 } from "./activation.ts";

// Set by range: a query sees the table's columns [low, high), none where low >= high.
let low: i32 = 0;
let high: i32 = 0;

function range(
  t: i32,
  T: i32,
  start: i32,
  columns: i32,
  length: i32,
  causal: i32,
  window: i32,
): void {
  low = 0;
  high = min(start + columns, length);
  if (causal) high = min(high, t + 1);
  if (window > 0) {
    low = t / window * window;
    high = low + window <= T ? min(high, low + window) : low;
  }
  low = max(low - start, 0);
  high -= start;
}

/** Adds count of bias to x. */
function add(x: usize, bias: usize, count: i32): void {
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    v128.store(x, f32x4.add(v128.load(x), v128.load(bias)));
    x += 16;
    bias += 16;
  }
  for (; j < count; j++) {
    store<f32>(x, load<f32>(x) + load<f32>(bias));
    x += 4;
    bias += 4;
  }
}

function largest(x: usize, count: i32): f32 {
  let most = f32x4.splat(-f32.MAX_VALUE), j = 0;
  for (; j + 4 <= count; j += 4) {
    most = f32x4.pmax(most, v128.load(x));
    x += 16;
  }
  let result = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (; j < count; j++) {
    result = max(result, load<f32>(x));
    x += 4;
  }
  return result;
}

/** x = exp(x - shift) [count]; their sum. */
function exponentials(x: usize, count: i32, shift: f32): f32 {
  const shift4 = f32x4.splat(shift);
  let sum = f32x4.splat(0), j = 0;
  for (; j + 4 <= count; j += 4) {
    const value = weight4(f32x4.sub(v128.load(x), shift4));
    sum = f32x4.add(sum, value);
    v128.store(x, value);
    x += 16;
  }
  let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  for (; j < count; j++) {
    const value = f32x4.extract_lane(weight4(f32x4.splat(load<f32>(x) - shift)), 0);
    total += value;
    store<f32>(x, value);
    x += 4;
  }
  return total;
}

/** exp4, but 0 below its range: a bias of -Infinity masks. */
function weight4(x: v128): v128 {
  return v128.andnot(exp4(x), f32x4.lt(x, f32x4.splat(-87)));
}

function scale(x: usize, count: i32, factor: f32): void {
  const factor4 = f32x4.splat(factor);
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    v128.store(x, f32x4.mul(v128.load(x), factor4));
    x += 16;
  }
  for (; j < count; j++) {
    store<f32>(x, load<f32>(x) * factor);
    x += 4;
  }
}

/**
 * table = softmax of each row over the keys that it sees, 0 beside them, NaN throughout where it
 * sees none. sums [rows, 2]: the largest logit, and the sum of exp of the logits over it.
 */
export function attentionWeights(
  table: usize,
  rows: i32,
  columns: i32,
  first: i32,
  T: i32,
  start: i32,
  length: i32,
  causal: i32,
  window: i32,
  bias: usize,
  biasStep: usize,
  sums: usize,
): void {
  const bytes = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    range(first + row, T, start, columns, length, causal, window);
    const count = high - low;
    if (count <= 0) {
      for (let j: usize = 0; j < bytes; j += 4) store<f32>(table + j, NaN);
      store<f32>(sums, NaN);
      store<f32>(sums, NaN, 4);
    } else {
      const at = table + ((<usize> low) << 2);
      if (bias) add(at, bias + ((<usize> low) << 2), count);
      const most = largest(at, count);
      const sum = exponentials(at, count, most);
      scale(at, count, 1 / sum);
      memory.fill(table, 0, at - table);
      memory.fill(table + ((<usize> high) << 2), 0, (<usize> (columns - high)) << 2);
      store<f32>(sums, most);
      store<f32>(sums, sum, 4);
    }
    table += bytes;
    sums += 8;
    if (bias) bias += biasStep;
  }
}

/** Sum of dy y over the channels of a query. */
function dot(a: usize, b: usize, count: i32): f32 {
  let sum = f32x4.splat(0), j = 0;
  for (; j + 4 <= count; j += 4) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  for (; j < count; j++) {
    total += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return total;
}

/**
 * table: logits without bias, to the weights exp(logits - lse); slopes [rows, columns]: those of
 * the weights, to those of the logits, weights (slopes - dy . y). dy, y: V channels of the first
 * query, step bytes to the next.
 */
export function attentionSlopes(
  table: usize,
  slopes: usize,
  rows: i32,
  columns: i32,
  first: i32,
  T: i32,
  start: i32,
  length: i32,
  causal: i32,
  window: i32,
  bias: usize,
  biasStep: usize,
  lse: usize,
  dy: usize,
  y: usize,
  step: usize,
  V: i32,
): void {
  const bytes = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    range(first + row, T, start, columns, length, causal, window);
    const count = max(0, high - low), from = (<usize> low) << 2;
    if (count == 0) low = high = 0;
    if (count > 0 && bias) add(table + from, bias + from, count);
    if (count > 0) exponentials(table + from, count, load<f32>(lse));
    memory.fill(table, 0, count > 0 ? from : bytes);
    if (count > 0) {
      memory.fill(table + ((<usize> high) << 2), 0, (<usize> (columns - high)) << 2);
    }
    const mean = dot(dy, y, V);
    const mean4 = f32x4.splat(mean);
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) {
      const slope = f32x4.sub(v128.load(slopes + j), mean4);
      v128.store(slopes + j, f32x4.mul(v128.load(table + j), slope));
    }
    for (; j < bytes; j += 4) {
      store<f32>(slopes + j, load<f32>(table + j) * (load<f32>(slopes + j) - mean));
    }
    table += bytes;
    slopes += bytes;
    lse += 4;
    dy += step;
    y += step;
    if (bias) bias += biasStep;
  }
}

/**
 * y_i = out_i sum over j of ratio^|i - j| in_j x_j along the T rows of `columns` of each strip:
 * xStrip and yStrip bytes from strip to strip, xStep and yStep from row to row; in and out [T] are
 * factors, 0 for none. Two walks: forward sums into y, backward ones in carry [strips, columns].
 */
export function distanceDecay(
  x: usize,
  xStrip: usize,
  xStep: usize,
  y: usize,
  yStrip: usize,
  yStep: usize,
  strips: i32,
  T: i32,
  columns: i32,
  ratio: f32,
  before: usize,
  after: usize,
  carry: usize,
): void {
  for (let strip = 0; strip < strips; strip++) {
    decayStrip(x, xStep, y, yStep, T, columns, ratio, before, after, carry);
    x += xStrip;
    y += yStrip;
    carry += (<usize> columns) << 2;
  }
}

function decayStrip(
  x: usize,
  xStep: usize,
  y: usize,
  yStep: usize,
  T: i32,
  columns: i32,
  ratio: f32,
  before: usize,
  after: usize,
  carry: usize,
): void {
  const bytes = (<usize> columns) << 2;
  const ratio4 = f32x4.splat(ratio);
  for (let t = 0; t < T; t++) {
    const factor: f32 = before ? load<f32>(before + ((<usize> t) << 2)) : 1;
    const factor4 = f32x4.splat(factor);
    const last = t == 0 ? carry : y - yStep;
    if (t == 0) memory.fill(carry, 0, bytes);
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) {
      const faded = f32x4.mul(ratio4, v128.load(last + j));
      v128.store(y + j, f32x4.add(f32x4.mul(factor4, v128.load(x + j)), faded));
    }
    for (; j < bytes; j += 4) {
      store<f32>(y + j, factor * load<f32>(x + j) + ratio * load<f32>(last + j));
    }
    x += xStep;
    y += yStep;
  }
  memory.fill(carry, 0, bytes); // ratio times the sum of what follows
  for (let t = T - 1; t >= 0; t--) {
    x -= xStep;
    y -= yStep;
    const factor: f32 = before ? load<f32>(before + ((<usize> t) << 2)) : 1;
    const out: f32 = after ? load<f32>(after + ((<usize> t) << 2)) : 1;
    const factor4 = f32x4.splat(factor), out4 = f32x4.splat(out);
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) {
      const following = v128.load(carry + j);
      v128.store(y + j, f32x4.mul(out4, f32x4.add(v128.load(y + j), following)));
      const own = f32x4.mul(factor4, v128.load(x + j));
      v128.store(carry + j, f32x4.mul(ratio4, f32x4.add(own, following)));
    }
    for (; j < bytes; j += 4) {
      const following = load<f32>(carry + j);
      store<f32>(y + j, out * (load<f32>(y + j) + following));
      store<f32>(carry + j, ratio * (factor * load<f32>(x + j) + following));
    }
  }
}
