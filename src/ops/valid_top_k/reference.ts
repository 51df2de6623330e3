/** Valid top k in plain double precision loops, which the kernels are compared with. */

/** The same in plain double precision loops. */
export function validTopKMeanReference(
  x: ArrayLike<number>,
  lengths: ArrayLike<number>,
  [M, T]: [number, number],
  divisor: number,
): Float64Array {
  return Float64Array.from({ length: M }, (_, m) => {
    const k = Math.min(lengths[m], Math.floor(lengths[m] / divisor) + 1);
    const valid = Array.from({ length: lengths[m] }, (_, t) => x[m * T + t]);
    return valid.sort((a, b) => b - a).slice(0, k).reduce((sum, value) => sum + value, 0) / k;
  });
}
