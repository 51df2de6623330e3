/** Matrix products in plain double precision loops, which the kernels are compared with. */

/**
 * a [depth, M, K] b [depth, K, N] -> [depth, M, N].
 *
 * @param transposed whether a is [depth, K, M], and b [depth, N, K]
 */
export function matMulReference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [depth, M, N, K]: [number, number, number, number],
  [ofA, ofB]: boolean[],
): Float64Array {
  const y = new Float64Array(depth * M * N);
  return y.map((_, i) => {
    const n = i % N, m = Math.floor(i / N) % M, z = Math.floor(i / N / M);
    let sum = 0;
    for (let k = 0; k < K; k++) {
      const atA = z * M * K + (ofA ? k * M + m : m * K + k);
      const atB = z * K * N + (ofB ? n * K + k : k * N + n);
      sum += a[atA] * b[atB];
    }
    return sum;
  });
}
