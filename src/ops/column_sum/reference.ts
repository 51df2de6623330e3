/** Column sum in plain double precision loops, which the kernels are compared with. */

/** x [M, C] -> [C]. */
export function columnSumReference(x: ArrayLike<number>, [M, C]: [number, number]): Float64Array {
  const sums = new Float64Array(C);
  for (let i = 0; i < M * C; i++) sums[i % C] += x[i];
  return sums;
}
