/** QuickGELU in plain double precision loops, which the kernels are compared with. */

import { SLOPE } from "./op.ts";

/** In plain double precision loops. */
export function quickGeluReference(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => value / (1 + Math.exp(-SLOPE * value)));
}

/** dy, x -> dx in plain double precision loops. */
export function quickGeluGradientReference(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(dy, (slope, i) => {
    const open = 1 / (1 + Math.exp(-SLOPE * x[i]));
    return slope * open * (1 + SLOPE * x[i] * (1 - open));
  });
}
