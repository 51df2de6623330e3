/** Batch norm in plain double precision loops, which the kernels are compared with. */

import { columnSumReference } from "../column_sum/reference.ts";

/** x [M, C] -> y, mean and biased variance in plain double precision loops. */
export function batchNormReference(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  [M, C]: [number, number],
  epsilon: number,
): { y: Float64Array; mean: Float64Array; variance: Float64Array } {
  const y = new Float64Array(M * C), mean = new Float64Array(C), variance = new Float64Array(C);
  for (let c = 0; c < C; c++) {
    for (let m = 0; m < M; m++) mean[c] += x[m * C + c] / M;
    for (let m = 0; m < M; m++) variance[c] += (x[m * C + c] - mean[c]) ** 2 / M;
    for (let m = 0; m < M; m++) {
      y[m * C + c] = (x[m * C + c] - mean[c]) / Math.sqrt(variance[c] + epsilon) * gamma[c] +
        beta[c];
    }
  }
  return { y, mean, variance };
}

/** dy, x [M, C], gamma [C] -> dx, dgamma, dbeta with the statistics of x itself. */
export function batchNormGradientReference(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  { mean, variance }: { mean: ArrayLike<number>; variance: ArrayLike<number> },
  [M, C]: [number, number],
  epsilon: number,
): { dx: Float64Array; dgamma: Float64Array; dbeta: Float64Array } {
  const inverse = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + epsilon));
  const normalised = Float64Array.from(x, (value, i) => (value - mean[i % C]) * inverse[i % C]);
  const dbeta = columnSumReference(dy, [M, C]);
  const dgamma = columnSumReference(normalised.map((value, i) => value * dy[i]), [M, C]);
  const dx = normalised.map((value, i) => {
    const c = i % C;
    return gamma[c] * inverse[c] * (dy[i] - (dbeta[c] + value * dgamma[c]) / M);
  });
  return { dx, dgamma, dbeta };
}
