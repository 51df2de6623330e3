/** Random numbers and dropout on the device: the numbers of src/random.ts, element by element. */

import * as tf from "@tensorflow/tfjs";
import { Random } from "../../random.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** Inverted dropout: where the uniform number of an element is below the rate, it becomes 0. */
export interface Dropout {
  /** Probability of 0, in (0, 1); what is kept is divided by 1 - rate. */
  rate: number;
  /** Seed and step, int32 [4], as held by RandomStream. */
  state: tf.Tensor;
  stream: number;
}

/** Uniform numbers of elements 0..count-1, as the host computes them. */
function hostUniform(state: ArrayLike<number>, stream: number, count: number): Float32Array {
  const seed = (state[1] >>> 0) * 0x100000000 + (state[0] >>> 0);
  const random = new Random(seed, stream, state[2]);
  return Float32Array.from({ length: count }, () => random.uniform());
}

// state int32 [4] (seed low, seed high, step, 0) -> [...shape] in [0, 1).
// attributes { shape, stream }
defineKernel({
  name: "WsvadUniform",
  composed: ({ state }, { shape, stream }) => {
    const count = (shape as number[]).reduce((product, size) => product * size, 1);
    return tf.tensor(hostUniform(state.dataSync(), stream, count), shape);
  },
});

/**
 * Standard normal numbers of elements 0..count-1: of two uniform numbers u, a two, sqrt(-2 ln(1 -
 * u)) (cos, sin)(2 pi a).
 */
export function hostNormal(
  state: ArrayLike<number>,
  stream: number,
  count: number,
): Float32Array {
  const pairs = hostUniform(state, stream, 2 * Math.ceil(count / 2));
  return Float32Array.from({ length: count }, (_, i) => {
    const [u, a] = pairs.subarray(i - i % 2, i - i % 2 + 2);
    const turn = 2 * Math.PI * a;
    return Math.sqrt(-2 * Math.log(1 - u)) * (i % 2 ? Math.sin(turn) : Math.cos(turn));
  });
}

// state int32 [4] -> [...shape], standard normal. attributes { shape, stream }
defineKernel({
  name: "WsvadNormal",
  composed: ({ state }, { shape, stream }) =>
    tf.tensor(hostNormal(state.dataSync(), stream, tf.util.sizeFromShape(shape)), shape),
});

// x [...], state int32 [4] -> x / (1 - rate) where u >= rate, else 0. attributes { rate, stream }
// The backward pass draws the same mask again: nothing is stored.
defineKernel({
  name: "WsvadDropout",
  composed: ({ x, state }, { rate, stream }) => {
    const u = hostUniform(state.dataSync(), stream, x.size);
    const scale = Math.fround(1 / (1 - rate));
    return tf.mul(x, tf.tensor(u.map((value) => value >= rate ? scale : 0), x.shape));
  },
  gradient: {
    inputsToSave: ["state"],
    gradFunc: (dy, [state], attributes) => ({
      x: () => runKernel("WsvadDropout", { x: dy as tf.Tensor, state }, attributes),
      state: () => tf.zerosLike(state),
    }),
  },
});

/** Uniform numbers in [0, 1) of a shape; `state` as held by RandomStream. */
export function uniform(state: tf.Tensor, shape: number[], stream: number): tf.Tensor {
  return runKernel("WsvadUniform", { state }, { shape, stream });
}

/** Standard normal numbers of a shape, by Box and Muller: none beyond 5.8, as u has 24 bits. */
export function normal(state: tf.Tensor, shape: number[], stream: number): tf.Tensor {
  return runKernel("WsvadNormal", { state }, { shape, stream });
}

/** Inverted dropout of any shape. Rate 0 returns x. */
export function dropout(x: tf.Tensor, { rate, state, stream }: Dropout): tf.Tensor {
  return rate === 0 ? x : runKernel("WsvadDropout", { x, state }, { rate, stream });
}
