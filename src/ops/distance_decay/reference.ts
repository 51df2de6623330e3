/** Distance decay in plain double precision loops, which the kernels are compared with. */

/** The sums in plain double precision loops. */
export function distanceDecayReference(
  x: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  scale: number,
): Float64Array {
  const y = new Float64Array(R * T * C);
  for (let r = 0; r < R; r++) {
    for (let i = 0; i < T; i++) {
      for (let j = 0; j < T; j++) {
        const weight = Math.exp(-Math.abs(i - j) / scale);
        for (let c = 0; c < C; c++) y[(r * T + i) * C + c] += weight * x[(r * T + j) * C + c];
      }
    }
  }
  return y;
}
