/** Linear in plain double precision loops, which the kernels are compared with. */

import type { Activation } from "../activation/op.ts";
import { activateReference } from "../activation/reference.ts";

/** x [M, I], weight [O, I], bias [O] -> [M, O] in plain double precision loops. */
export function linearReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  [M, I, O]: [number, number, number],
  activation: Activation = "none",
): Float64Array {
  const y = new Float64Array(M * O);
  for (let m = 0; m < M; m++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < I; i++) sum += x[m * I + i] * weight[o * I + i];
      y[m * O + o] = activateReference(sum, activation);
    }
  }
  return y;
}
