/**
 * The formula that gives golden cases their weights and inputs, so that nothing large is stored.
 */

import { streamOf } from "../random.ts";

/** A tensor of a golden case: values in [lo, hi), drawn from a hash of name and position. */
export interface Filled {
  name: string;
  shape: number[];
  lo: number;
  hi: number;
  gain?: { name: string; shape: number[]; lo: number; hi: number };
  /** What is done to the values, in words, where something is. */
  note?: string;
}

/**
 * Element i of the tensor flattened in C order is `float32(lo + (hi - lo) x / 2^32)`, x a mixing
 * hash of i and of FNV-1a(salt "/" name). Salt "s", name "a", lo -1, hi 1 begins -0.9641244,
 * 0.8783318.
 */
export function fill(
  { name, shape, lo, hi }: Pick<Filled, "name" | "shape" | "lo" | "hi">,
  salt: string,
): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const start = streamOf(`${salt}/${name}`);
  const scale = (hi - lo) / 0x100000000;
  // Written as lo + (hi - lo) (x / 2^32): dividing by a power of two is exact,
  // so the order is free.
  for (let i = 0; i < values.length; i++) {
    let x = (start + Math.imul(i, 0x9E3779B9)) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7FEB352D);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846CA68B);
    x ^= x >>> 16;
    values[i] = lo + scale * (x >>> 0);
  }
  return values;
}

/** The parameters of a case by name. */
export function filledParameters(
  { parameters, salt }: { parameters: Filled[]; salt: string },
): Map<string, { shape: number[]; data: Float32Array }> {
  return new Map(
    parameters.map((parameter) => [
      parameter.name,
      { shape: parameter.shape, data: fill(parameter, salt) },
    ]),
  );
}

/** The tensor with its gain, where it has one: an element-wise float32 product, broadcast. */
export function fillInput(input: Filled, salt: string): Float32Array {
  const values = fill(input, salt);
  if (!input.gain) return values;
  const gain = fill(input.gain, salt);
  const strides = broadcastStrides(input.gain.shape, input.shape);
  const index = input.shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    let position = 0;
    for (let axis = 0; axis < index.length; axis++) position += index[axis] * strides[axis];
    values[i] = Math.fround(values[i] * gain[position]);
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === input.shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
  return values;
}

/** Steps through a smaller tensor that is spread over a larger one: 0 along its axes of size 1. */
function broadcastStrides(small: number[], large: number[]): number[] {
  const strides = large.map(() => 0);
  let stride = 1;
  for (let axis = small.length - 1; axis >= 0; axis--) {
    if (small[axis] !== 1) strides[axis + large.length - small.length] = stride;
    stride *= small[axis];
  }
  return strides;
}
