// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// channel_norm: y = (x - mean) / (deviation + epsilon) gamma + beta over each row of x
// [rows, columns], and its gradient
//   As layer_norm.ts, with the epsilon beside the root.

import { gradientRow, meanOf, varianceOf, writeRow } from "./layer_norm.ts";
import { fold, writeTotals } from "./columns.ts";

const BLOCK: i32 = 64; // rows summed in single precision before they go into the double total

export function channelNorm(
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
    const scale = sqrt<f32>(varianceOf(x, columns, mean)) + epsilon;
    writeRow(x, gamma, beta, columns, mean, <f32> 1 / scale, y);
    x += stride;
    y += stride;
  }
}

/** dx [rows, columns], dgamma, dbeta [columns]; guard: the deviation has no slope where it is 0. */
export function channelNormGradient(
  dy: usize,
  x: usize,
  gamma: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  guard: i32,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  scratch: usize,
): void {
  channelNormGradientPart(dy, x, gamma, rows, columns, epsilon, guard, dx, scratch);
  writeTotals(scratch, dgamma, columns, 1);
  writeTotals(scratch + ((<usize> columns) << 3), dbeta, columns, 1);
}

/**
 * The same for some of the rows: sums of dgamma and dbeta stay at scratch, doubles [2, columns].
 */
export function channelNormGradientPart(
  dy: usize,
  x: usize,
  gamma: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  guard: i32,
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
      const deviation = sqrt<f32>(varianceOf(x, columns, mean)), scale = deviation + epsilon;
      // of deviation 0: infinite, which the zeros of x - mean turn into NaN
      const steep: f32 = guard && deviation == 0 ? 0 : scale / deviation;
      gradientRow(dy, x, gamma, columns, mean, <f32> 1 / scale, steep, dx, partGain, partShift);
      dy += stride;
      x += stride;
      dx += stride;
    }
    fold(totalGain, partGain, columns);
    fold(totalShift, partShift, columns);
  }
}
