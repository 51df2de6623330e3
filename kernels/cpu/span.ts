// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// span: the weights of attention with learned spans, and their gradient,
// in place of the table of logits
//   weight[i, r] = chi e^(logit - shift) / sum, chi = clamp((ramp + z - d) / ramp, 0, 1),
//     d = |first + i - r|
//   table [rows, keys] of logits; query `first` stands in row 0;
//     causal: keys behind the query get weight 0
//   z one f32 a row, `step` bytes from row to row. src/ops/span_attention/op.ts says more.

import { exp4 } from "./activation.ts";

function sum4(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** Ones in the first `count` lanes, zeros behind. */
function lanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

// Rows are walked four keys at a time; the last step reads up to three elements behind its row, so
// tables have room for them (spanTableBytes). It writes none: what lies there is another thread's.

/** Stores the first `left` lanes, four at most. */
function storeLanes(to: usize, value: v128, left: i32): void {
  if (left >= 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (left > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (left > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

/** Bytes of a table with the room that the passes need behind it. */
export function spanTableBytes(rows: i32, keys: i32): usize {
  return ((<usize> rows * <usize> keys) << 2) + 16;
}

/** Largest of the first `count` elements of a row. */
function largest(row: usize, count: i32): v128 {
  let most = f32x4.splat(-Infinity);
  let r = 0;
  for (; r + 4 <= count; r += 4) {
    most = f32x4.max(most, v128.load(row));
    row += 16;
  }
  for (; r < count; r++) {
    most = f32x4.max(most, f32x4.splat(load<f32>(row)));
    row += 4;
  }
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  return f32x4.max(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));
}

/** (ramp + z - d) / ramp of the four keys from `r` on, before it is clamped. */
function open4(query: f32, r: i32, reach: v128, ramp: v128): v128 {
  const key = f32x4.add(f32x4.splat(<f32> r), f32x4(0, 1, 2, 3));
  return f32x4.div(f32x4.sub(reach, f32x4.abs(f32x4.sub(f32x4.splat(query), key))), ramp);
}

function clamp4(x: v128): v128 {
  return f32x4.max(f32x4.min(x, f32x4.splat(1)), f32x4.splat(0));
}

/** The logits of each row become its weights. */
export function spanWeights(
  table: usize,
  rows: i32,
  keys: i32,
  first: i32,
  z: usize,
  step: usize,
  ramp: f32,
  causal: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const seen = causal ? min(keys, first + i + 1) : keys;
    spanRow(table, seen, <f32> (first + i), load<f32>(z), ramp);
    const from = table + ((<usize> seen) << 2);
    table += (<usize> keys) << 2;
    if (from < table) memory.fill(from, 0, table - from);
    z += step;
  }
}

function spanRow(row: usize, seen: i32, query: f32, z: f32, ramp: f32): void {
  const shift = largest(row, seen);
  const reach = f32x4.splat(ramp + z), ramp4 = f32x4.splat(ramp);
  let total = f32x4.splat(0), at = row, r = 0;
  for (; r < seen; r += 4) {
    const power = exp4(f32x4.sub(v128.load(at), shift));
    let weight = f32x4.mul(clamp4(open4(query, r, reach, ramp4)), power);
    if (r + 4 > seen) weight = v128.and(weight, lanes(seen - r));
    total = f32x4.add(total, weight);
    storeLanes(at, weight, seen - r);
    at += 16;
  }
  const whole = f32x4.splat(sum4(total));
  at = row;
  for (r = 0; r < seen; r += 4) {
    storeLanes(at, f32x4.div(v128.load(at), whole), seen - r);
    at += 16;
  }
}

/**
 * The logits of each row become its weights; g, the gradient of the weights, becomes that of the
 * logits times `scale`; dz gets the gradient of z.
 */
export function spanGradient(
  table: usize,
  g: usize,
  rows: i32,
  keys: i32,
  first: i32,
  z: usize,
  dz: usize,
  step: usize,
  ramp: f32,
  scale: f32,
  causal: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const seen = causal ? min(keys, first + i + 1) : keys;
    store<f32>(dz, spanGradientRow(table, g, seen, <f32> (first + i), load<f32>(z), ramp, scale));
    const used = (<usize> seen) << 2, width = (<usize> keys) << 2;
    if (used < width) {
      memory.fill(table + used, 0, width - used);
      memory.fill(g + used, 0, width - used);
    }
    table += width;
    g += width;
    z += step;
    dz += step;
  }
}

function spanGradientRow(
  row: usize,
  g: usize,
  seen: i32,
  query: f32,
  z: f32,
  ramp: f32,
  scale: f32,
): f32 {
  const shift = largest(row, seen);
  const reach = f32x4.splat(ramp + z), ramp4 = f32x4.splat(ramp), scale4 = f32x4.splat(scale);
  let total = f32x4.splat(0), along = f32x4.splat(0), at: usize = 0, r = 0;
  for (; r < seen; r += 4) {
    let power = exp4(f32x4.sub(v128.load(row + at), shift));
    let slope = v128.load(g + at);
    if (r + 4 > seen) {
      const inRow = lanes(seen - r); // what lies behind may not be a number
      power = v128.and(power, inRow);
      slope = v128.and(slope, inRow);
    }
    const weight = f32x4.mul(clamp4(open4(query, r, reach, ramp4)), power);
    total = f32x4.add(total, weight);
    along = f32x4.add(along, f32x4.mul(weight, slope));
    storeLanes(row + at, power, seen - r);
    at += 16;
  }
  const whole = sum4(total);
  const whole4 = f32x4.splat(whole), mean = f32x4.splat(sum4(along) / whole);
  let toSpan = f32x4.splat(0);
  at = 0;
  for (r = 0; r < seen; r += 4) {
    const share = f32x4.div(v128.load(row + at), whole4);
    const apart = f32x4.sub(v128.load(g + at), mean);
    const open = open4(query, r, reach, ramp4);
    const chi = clamp4(open), weight = f32x4.mul(chi, share);
    let slope = v128.and(f32x4.mul(share, apart), f32x4.eq(open, chi));
    if (r + 4 > seen) slope = v128.and(slope, lanes(seen - r));
    toSpan = f32x4.add(toSpan, slope);
    storeLanes(row + at, weight, seen - r);
    storeLanes(g + at, f32x4.mul(f32x4.mul(weight, apart), scale4), seen - r);
    at += 16;
  }
  return sum4(toSpan) / ramp;
}
