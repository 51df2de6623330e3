/** Top k mask in plain double precision loops, which the kernels are compared with. */

/** values [M, S] -> mask [M, S] in plain loops. */
export function topKMaskReference(
  values: ArrayLike<number>,
  [M, S]: [number, number],
  k: number,
): Uint8Array {
  const mask = new Uint8Array(M * S);
  for (let m = 0; m < M; m++) {
    Array.from({ length: S }, (_, s) => s)
      .sort((s, t) => values[m * S + t] - values[m * S + s] || s - t)
      .slice(0, k).forEach((s) => mask[m * S + s] = 1);
  }
  return mask;
}
