/** Crop mean in plain double precision loops, which the kernels are compared with. */

/** x [B, N, I] -> [B, I]. */
export function cropMeanReference(
  x: ArrayLike<number>,
  [B, N, I]: [number, number, number],
): Float64Array {
  const y = new Float64Array(B * I);
  for (let i = 0; i < B * N * I; i++) y[Math.floor(i / (N * I)) * I + i % I] += x[i] / N;
  return y;
}

/** dy [B, I] -> [B, N, I]. */
export function cropMeanGradientReference(
  dy: ArrayLike<number>,
  [B, N, I]: [number, number, number],
): Float64Array {
  return Float64Array.from(
    { length: B * N * I },
    (_, i) => dy[Math.floor(i / (N * I)) * I + i % I] / N,
  );
}
