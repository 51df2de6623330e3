/**
 * Starting values of parameters, drawn on the host so that every device starts from the same bytes.
 */

import type { Initialiser } from "../contract/slot.ts";

function sizeOf(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** PyTorch's fans of a weight [out, in, ...kernel]: the kernel's size counts in both. */
function fans(shape: number[]): { fanIn: number; fanOut: number } {
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

function drawn(shape: number[], draw: () => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

export const zeros: Initialiser = (shape) => new Float32Array(sizeOf(shape));

export const ones: Initialiser = (shape) => new Float32Array(sizeOf(shape)).fill(1);

/** The same value everywhere. */
export function constantOf(value: number): Initialiser {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Glorot normal of Keras 1: standard deviation sqrt(2 / (fanIn + fanOut)), not truncated. */
export const glorotNormal: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fans(shape);
  const deviation = Math.sqrt(2 / (fanIn + fanOut));
  return drawn(shape, () => deviation * random.normal());
};

/** Xavier uniform: bound sqrt(6 / (fanIn + fanOut)). */
export const xavierUniform: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fans(shape);
  return uniformWithin(Math.sqrt(6 / (fanIn + fanOut)))(shape, random);
};

/** Normal of mean 0. */
export function normalWith(deviation: number): Initialiser {
  return (shape, random) => drawn(shape, () => deviation * random.normal());
}

/** Normal of mean 0, drawn again where it is further away than `most`. */
export function truncatedNormal(deviation: number, most: number): Initialiser {
  return (shape, random) =>
    drawn(shape, () => {
      for (;;) {
        const value = deviation * random.normal();
        if (Math.abs(value) <= most) return value;
      }
    });
}

/** Uniform in [-bound, bound). */
export function uniformWithin(bound: number): Initialiser {
  return (shape, random) => drawn(shape, () => bound * (2 * random.uniform() - 1));
}
