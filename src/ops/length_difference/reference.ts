/** Length difference in plain double precision loops, which the kernels are compared with. */

/** a, b [M, C] -> [M] in plain double precision loops. */
export function lengthDifferenceReference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [M, C]: [number, number],
): Float64Array {
  return Float64Array.from({ length: M }, (_, m) => {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.abs(a[m * C + c]) - Math.abs(b[m * C + c]);
    return sum;
  });
}
