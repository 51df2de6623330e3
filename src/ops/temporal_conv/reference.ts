/** Temporal conv in plain double precision loops, which the kernels are compared with. */

import { type ConvAttributes, shiftOf } from "./op.ts";
import { activateReference } from "../activation/reference.ts";

/** The same in plain double precision loops. */
export function temporalConvReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  [R, T, C, O, K]: [number, number, number, number, number],
  { dilation = 1, activation = "none" }: Partial<ConvAttributes> = {},
): Float64Array {
  const y = new Float64Array(R * T * O);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let o = 0; o < O; o++) {
        let sum = bias ? bias[o] : 0;
        for (let k = 0; k < K; k++) {
          const from = t + shiftOf(k, K, dilation);
          if (from < 0 || from >= T) continue;
          for (let c = 0; c < C; c++) {
            sum += x[(r * T + from) * C + c] * weight[(o * C + c) * K + k];
          }
        }
        y[(r * T + t) * O + o] = activateReference(sum, activation);
      }
    }
  }
  return y;
}

/** x [R, T, C], weight [O, C, K], dz [R, T, O] -> the gradients of a convolution over time. */
export function temporalConvGradientReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  dz: ArrayLike<number>,
  [R, T, C, O, K]: [number, number, number, number, number],
  dilation: number,
): { dx: Float64Array; dweight: Float64Array } {
  const dx = new Float64Array(R * T * C), dweight = new Float64Array(O * C * K);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let k = 0; k < K; k++) {
        const from = t + (k - (K - 1) / 2) * dilation;
        if (from < 0 || from >= T) continue;
        for (let o = 0; o < O; o++) {
          const slope = dz[(r * T + t) * O + o];
          for (let c = 0; c < C; c++) {
            dx[(r * T + from) * C + c] += slope * weight[(o * C + c) * K + k];
            dweight[(o * C + c) * K + k] += slope * x[(r * T + from) * C + c];
          }
        }
      }
    }
  }
  return { dx, dweight };
}
