/** Group norm in plain double precision loops, which the kernels are compared with. */

import { type GroupNormOptions } from "./op.ts";
import { activateReference } from "../activation/reference.ts";

/** x [R, T, C] -> [R, T, C] in plain double precision loops. */
export function groupNormReference(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  { groups, epsilon = 1e-5, activation = "none" }: GroupNormOptions,
): Float64Array {
  const y = new Float64Array(R * T * C);
  const width = C / groups;
  for (let r = 0; r < R; r++) {
    for (let g = 0; g < groups; g++) {
      const places: number[] = [];
      for (let t = 0; t < T; t++) {
        for (let c = g * width; c < (g + 1) * width; c++) places.push((r * T + t) * C + c);
      }
      const mean = places.reduce((sum, i) => sum + x[i], 0) / places.length;
      const variance = places.reduce((sum, i) => sum + (x[i] - mean) ** 2, 0) / places.length;
      for (const i of places) {
        const normalised = (x[i] - mean) / Math.sqrt(variance + epsilon);
        y[i] = activateReference(normalised * gamma[i % C] + beta[i % C], activation);
      }
    }
  }
  return y;
}
