/** Volume convolution in plain double precision loops, which the kernels are compared with. */

import { activateReference } from "../activation/reference.ts";
import type { VolumeConvAttributes, Windows } from "./op.ts";

/** Calls `body` with each place of the input that a window sees, and which tap sees it. */
export function eachPlace(
  { kernel, stride, front }: Windows,
  [T, H, W]: number[],
  [t0, h0, w0]: number[],
  body: (place: number, tap: number) => void,
): void {
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      for (let k = 0; k < kernel[2]; k++) {
        const t = t0 * stride[0] - front[0] + i, h = h0 * stride[1] - front[1] + j;
        const w = w0 * stride[2] - front[2] + k;
        if (t < 0 || t >= T || h < 0 || h >= H || w < 0 || w >= W) continue;
        body((t * H + h) * W + w, (i * kernel[1] + j) * kernel[2] + k);
      }
    }
  }
}

/** Calls `body` with each output of N clips: its number, its clip and its place. */
export function eachOutput(
  N: number,
  [OT, OH, OW]: number[],
  body: (index: number, n: number, place: number[]) => void,
): void {
  for (let n = 0, index = 0; n < N; n++) {
    for (let t = 0; t < OT; t++) {
      for (let h = 0; h < OH; h++) {
        for (let w = 0; w < OW; w++) body(index++, n, [t, h, w]);
      }
    }
  }
}

/** x [N, T, H, W, C], weight [taps C, O] -> [N, ...out, O]. */
export function volumeConvReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  [N, T, H, W, C]: number[],
  O: number,
  { activation, ...windows }: VolumeConvAttributes,
): Float64Array {
  const [OT, OH, OW] = windows.out;
  const y = new Float64Array(N * OT * OH * OW * O);
  eachOutput(N, windows.out, (index, n, output) => {
    const sums = new Float64Array(O);
    if (bias) { for (let o = 0; o < O; o++) sums[o] = bias[o]; }
    eachPlace(windows, [T, H, W], output, (place, tap) => {
      for (let c = 0; c < C; c++) {
        const value = x[(n * T * H * W + place) * C + c];
        for (let o = 0; o < O; o++) sums[o] += value * weight[(tap * C + c) * O + o];
      }
    });
    for (let o = 0; o < O; o++) y[index * O + o] = activateReference(sums[o], activation);
  });
  return y;
}
