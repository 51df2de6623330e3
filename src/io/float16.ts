/** Values at half the bytes, with three digits of each. */

import { fault } from "../fault.ts";

/**
 * @param attempted as messages begin: `Cannot convert "a.npy"`
 * @param remedy what to do about values beyond float16
 * @throws {RangeError} a fault: a finite value beyond 65504
 */
export function toFloat16(values: Float32Array, attempted: string, remedy: string): Float16Array {
  const half = new Float16Array(values);
  const lost = half.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(values[i]));
  if (lost < 0) return half;
  throw fault(
    RangeError,
    `${attempted} to float16: its value ${lost} is ${values[lost]}, beyond 65504; ${remedy}`,
  );
}
