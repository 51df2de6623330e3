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

interface NormGradient {
  dx: Float64Array;
  /** Sums over all sets, by channel. */
  dgamma: Float64Array;
  dbeta: Float64Array;
}

/**
 * Of y = (x - mean) / scale gamma + beta with statistics over each set of places of x [..., C].
 *
 * @param sets places that are normalised together
 * @param options.beside scale = deviation + epsilon, without slope where the deviation is 0; else
 *     sqrt(variance + epsilon)
 */
export function normGradientReference(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  sets: number[][],
  { epsilon, beside }: { epsilon: number; beside: boolean },
): NormGradient {
  const C = gamma.length;
  const dx = new Float64Array(x.length);
  const dgamma = new Float64Array(C), dbeta = new Float64Array(C);
  for (const places of sets) {
    const n = places.length;
    const meanOf = (f: (i: number) => number) => places.reduce((sum, i) => sum + f(i), 0) / n;
    const mean = meanOf((i) => x[i]);
    const variance = meanOf((i) => (x[i] - mean) ** 2), deviation = Math.sqrt(variance);
    const scale = beside ? deviation + epsilon : Math.sqrt(variance + epsilon);
    const slopeOf = (i: number) => dy[i] * gamma[i % C];
    const level = meanOf(slopeOf), along = meanOf((i) => slopeOf(i) * (x[i] - mean) / scale);
    const root = beside ? deviation : scale;
    for (const i of places) {
      const tilt = root === 0 ? 0 : (x[i] - mean) / root * along;
      dx[i] = (slopeOf(i) - level - tilt) / scale;
      dgamma[i % C] += dy[i] * (x[i] - mean) / scale;
      dbeta[i % C] += dy[i];
    }
  }
  return { dx, dgamma, dbeta };
}
