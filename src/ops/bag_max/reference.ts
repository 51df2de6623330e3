/** Bag max in plain double precision loops, which the kernels are compared with. */

/** scores [B, T] -> [B]. */
export function bagMaxReference(scores: ArrayLike<number>, [B, T]: [number, number]): Float64Array {
  return Float64Array.from(
    { length: B },
    (_, b) => Math.max(...Array.from({ length: T }, (_, t) => scores[b * T + t])),
  );
}
