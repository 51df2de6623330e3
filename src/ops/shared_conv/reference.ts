/** Shared conv in plain double precision loops, which the kernels are compared with. */

/** The same in plain double precision loops. */
export function sharedConvReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  [R, T, C, H, K]: [number, number, number, number, number],
): Float64Array {
  const y = new Float64Array(R * T * C);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        let sum = bias ? bias[c % H] : 0;
        for (let k = 0; k < K; k++) {
          const from = t + k - (K - 1) / 2;
          if (from >= 0 && from < T) sum += weight[(c % H) * K + k] * x[(r * T + from) * C + c];
        }
        y[(r * T + t) * C + c] = sum;
      }
    }
  }
  return y;
}

/** x, dy [R, T, C] -> dweight [H, K]. */
export function sharedConvWeightGradientReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  [R, T, C, H, K]: [number, number, number, number, number],
): Float64Array {
  const dweight = new Float64Array(H * K), reach = (K - 1) / 2;
  for (let i = 0; i < R * T * C; i++) {
    const c = i % C, t = Math.floor(i / C) % T;
    for (let k = 0; k < K; k++) {
      const from = t + k - reach;
      if (from >= 0 && from < T) dweight[c % H * K + k] += dy[i] * x[i + (k - reach) * C];
    }
  }
  return dweight;
}
