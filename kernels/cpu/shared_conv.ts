// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// shared_conv: depthwise convolution over time of x [R, T, C] with K taps, zeros outside
//   weight [K, C] and bias [C] are spread over the channels already.
//     A row's K neighbours are in the cache.

import { fold, writeTotals } from "./columns.ts";

/** y[t] = bias + the sum over the taps of weight[k] x[t + k - (K - 1) / 2]. */
export function sharedConv(
  x: usize,
  weight: usize,
  bias: usize,
  R: i32,
  T: i32,
  C: i32,
  K: i32,
  y: usize,
): void {
  const stride = (<usize> C) << 2, reach = (K - 1) >> 1;
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      const first = max(0, t - reach), taps = min(T - 1, t + reach) - first + 1;
      const from = x + <usize> first * stride;
      convolveRow(from, weight + <usize> (first - t + reach) * stride, bias, taps, stride, y);
      y += stride;
    }
    x += <usize> T * stride;
  }
}

function convolveRow(
  x: usize,
  weight: usize,
  bias: usize,
  taps: i32,
  stride: usize,
  y: usize,
): void {
  const whole = stride & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    let sum = v128.load(bias + at), step = at;
    for (let k = 0; k < taps; k++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(x + step), v128.load(weight + step)));
      step += stride;
    }
    v128.store(y + at, sum);
  }
  for (; at < stride; at += 4) {
    let sum = load<f32>(bias + at), step = at;
    for (let k = 0; k < taps; k++) {
      sum += load<f32>(x + step) * load<f32>(weight + step);
      step += stride;
    }
    store<f32>(y + at, sum);
  }
}

/** A single and a double for each tap and channel. */
export function sharedConvScratchBytes(C: i32, K: i32): i32 {
  return C * K * 12;
}

/** sums [K, C] = sum over R and T of dy[t] x[t + k - (K - 1) / 2]. */
export function sharedConvGradient(
  x: usize,
  dy: usize,
  R: i32,
  T: i32,
  C: i32,
  K: i32,
  sums: usize,
  scratch: usize,
): void {
  const stride = (<usize> C) << 2, reach = (K - 1) >> 1, count = C * K;
  const total = scratch, part = scratch + ((<usize> count) << 3);
  memory.fill(scratch, 0, <usize> count * 12);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      const first = max(0, t - reach), taps = min(T - 1, t + reach) - first + 1;
      const from = x + <usize> first * stride, to = part + <usize> (first - t + reach) * stride;
      addProducts(from, dy, taps, stride, to);
      dy += stride;
      if ((t & 63) == 63) fold(total, part, count);
    }
    fold(total, part, count);
    x += <usize> T * stride;
  }
  writeTotals(total, sums, count, 1);
}

function addProducts(x: usize, dy: usize, taps: i32, stride: usize, to: usize): void {
  const whole = stride & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const slope = v128.load(dy + at);
    let step = at;
    for (let k = 0; k < taps; k++) {
      v128.store(to + step, f32x4.add(v128.load(to + step), f32x4.mul(v128.load(x + step), slope)));
      step += stride;
    }
  }
  for (; at < stride; at += 4) {
    const slope = load<f32>(dy + at);
    let step = at;
    for (let k = 0; k < taps; k++) {
      store<f32>(to + step, load<f32>(to + step) + load<f32>(x + step) * slope);
      step += stride;
    }
  }
}
