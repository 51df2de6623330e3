/** Graph product in plain double precision loops, which the kernels are compared with. */

/** The same in plain double precision loops. */
export function graphProductReference(
  graph: ArrayLike<number>,
  x: ArrayLike<number>,
  residual: ArrayLike<number>,
  [B, T, C]: [number, number, number],
): Float64Array {
  const y = Float64Array.from(residual);
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < T; i++) {
      for (let j = 0; j < T; j++) {
        const weight = graph[(b * T + i) * T + j];
        for (let c = 0; c < C; c++) y[(b * T + i) * C + c] += weight * x[(b * T + j) * C + c];
      }
    }
  }
  return y;
}
