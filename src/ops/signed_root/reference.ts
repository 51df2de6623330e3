/** The signed root in plain double precision loops. */

/** sign(x) sqrt(|x|). */
export function signedRootReference(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => Math.sign(value) * Math.sqrt(Math.abs(value)));
}
