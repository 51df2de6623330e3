/** Channel norm in plain double precision loops, which the kernels are compared with. */

/** x [M, C] -> [M, C] in plain double precision loops. */
export function channelNormReference(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  [M, C]: [number, number],
  epsilon = 1e-5,
): Float64Array {
  const y = new Float64Array(M * C);
  for (let m = 0; m < M; m++) {
    let mean = 0, variance = 0;
    for (let c = 0; c < C; c++) mean += x[m * C + c] / C;
    for (let c = 0; c < C; c++) variance += (x[m * C + c] - mean) ** 2 / C;
    const scale = Math.sqrt(variance) + epsilon;
    for (let c = 0; c < C; c++) {
      y[m * C + c] = (x[m * C + c] - mean) / scale * gamma[c] + beta[c];
    }
  }
  return y;
}
