/** Features that are not numbers are refused where they are read. */

import { fault } from "../fault.ts";

import type { Range } from "../io/array_part.ts";

/**
 * @param places of the values in an array of that shape; all of it when absent
 * @throws {RangeError} a fault: a value is not finite; the message says where it stands
 */
export function checkFinite(
  values: Float32Array,
  shape: readonly number[],
  path: string,
  places?: readonly Range[],
): void {
  if (areFinite(values)) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
    const [first, count] = places?.[axis] ?? [0, shape[axis]];
    index.unshift(first + rest % count);
    rest = Math.floor(rest / count);
  }
  throw fault(
    RangeError,
    `Cannot read features "${path}": the value at [${index.join(", ")}] is ${
      values[at]
    }; extract the features of this video again`,
  );
}

/** Whether all values are finite; hundreds of millions may be asked for. */
export function areFinite(values: Float32Array): boolean {
  // x - x is 0 for every finite x and NaN for the others;
  // two sums, so that additions need not wait.
  let even = 0, odd = 0;
  for (let i = 1; i < values.length; i += 2) {
    even += values[i - 1] - values[i - 1];
    odd += values[i] - values[i];
  }
  if (values.length % 2 === 1) odd += values[values.length - 1] - values[values.length - 1];
  return even + odd === 0;
}
