/** Parts of arrays: places along each axis, and where their values lie. */

import type { NpyData } from "./npy.ts";

/** Places along an axis: the first, and how many. */
export type Range = readonly [first: number, count: number];

/** The values at some places of an array in C order. */
export function partOf<Values extends NpyData>(
  values: Values,
  shape: readonly number[],
  ranges: readonly Range[],
): Values {
  const runs = runsOf(shape, ranges);
  const one = [...runs];
  if (one.length === 1) return values.subarray(one[0].first, one[0].first + one[0].count) as Values;
  const part = new (values.constructor as new (count: number) => Values)(countOf(ranges));
  let at = 0;
  for (const { first, count } of one) {
    part.set(values.subarray(first, first + count) as never, at);
    at += count;
  }
  return part;
}

/** How many values some places hold. */
export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((product, [, count]) => product * count, 1);
}

/** Values that lie together in an array in C order, in their order. */
export function* runsOf(
  shape: readonly number[],
  ranges: readonly Range[],
): Generator<{ first: number; count: number }> {
  if (countOf(ranges) === 0) return;
  // The last axis that is not whole, and those behind it, make up a run.
  let axis = shape.length - 1;
  while (axis > 0 && ranges[axis][1] === shape[axis]) axis--;
  const behind = (from: number) => shape.slice(from).reduce((a, b) => a * b, 1);
  const outer = ranges.slice(0, Math.max(axis, 0));
  const count = shape.length === 0 ? 1 : ranges[axis][1] * behind(axis + 1);
  const strides = outer.map((_, i) => behind(i + 1));
  const index = outer.map(() => 0);
  const start = shape.length === 0 ? 0 : ranges[axis][0] * behind(axis + 1);
  for (;;) {
    yield {
      first: index.reduce((sum, i, at) => sum + (outer[at][0] + i) * strides[at], start),
      count,
    };
    let at = outer.length - 1;
    while (at >= 0 && ++index[at] === outer[at][1]) index[at--] = 0;
    if (at < 0) return;
  }
}
