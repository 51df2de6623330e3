/** The L2 norm in plain double precision loops, which the kernels are compared with. */

/** x [M, C] -> [M] in plain double precision loops. */
export function l2NormReference(x: ArrayLike<number>, [M, C]: [number, number]): Float64Array {
  return Float64Array.from({ length: M }, (_, m) => {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[m * C + c] ** 2;
    return Math.sqrt(sum);
  });
}

/** x [M, C], norm, dy [M] -> dx [M, C], 0 where the norm is 0. */
export function l2NormGradientReference(
  x: ArrayLike<number>,
  norm: ArrayLike<number>,
  dy: ArrayLike<number>,
  C: number,
): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const m = Math.floor(i / C);
    return norm[m] === 0 ? 0 : value * dy[m] / norm[m];
  });
}
