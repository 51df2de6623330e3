/**
 * Sums over time with weights that fall off with the distance: one matrix for all rows and
 * channels.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** In units of the scale; weights beyond it are below 1e-13, far under the rounding of float32. */
export const REACH = 30;
/** Snippets computed by one product of a long video. */
const BLOCK = 256;

// x [R, T, C] -> [R, T, C], y_i = sum over j of exp(-|i - j| / scale) x_j. attributes { scale }
// The matrix is symmetric, so the gradient is the same sum. A device's own form needs no matrix:
// two passes along time, y = f + b - x with f_i = x_i + r f_(i-1), b_i = x_i + r b_(i+1),
// r = exp(-1 / scale).
defineKernel({
  name: "WsvadDistanceDecay",
  composed: ({ x }, { scale }) => {
    const [R, T, C] = x.shape;
    const reach = Math.ceil(REACH * scale);
    if (T! <= BLOCK + 2 * reach) return tf.matMul(weights(0, T!, 0, T!, scale), x);
    const parts: tf.Tensor[] = [];
    for (let start = 0; start < T!; start += BLOCK) {
      const end = Math.min(start + BLOCK, T!);
      const from = Math.max(0, start - reach), to = Math.min(T!, end + reach);
      const near = tf.slice(x, [0, from, 0], [R, to - from, C!]);
      parts.push(tf.matMul(weights(start, end, from, to, scale), near));
    }
    return tf.concat(parts, 1);
  },
  gradient: {
    gradFunc: (dy, _saved, attributes) => ({
      x: () => runKernel("WsvadDistanceDecay", { x: dy as tf.Tensor }, attributes),
    }),
  },
});

/** exp(-|i - j| / scale) for start <= i < end, from <= j < to: [1, end - start, to - from]. */
function weights(start: number, end: number, from: number, to: number, scale: number): tf.Tensor {
  const width = to - from;
  const values = new Float32Array((end - start) * width);
  for (let i = start; i < end; i++) {
    for (let j = from; j < to; j++) {
      values[(i - start) * width + j - from] = Math.exp(-Math.abs(i - j) / scale);
    }
  }
  return tf.tensor(values, [1, end - start, width]);
}

/**
 * y_i = sum over j of exp(-|i - j| / scale) x_j.
 *
 * @param x [R, T, C], any T >= 1
 * @param scale snippets over which a weight falls to 1/e
 */
export function distanceDecay(x: tf.Tensor, scale: number): tf.Tensor {
  return runKernel("WsvadDistanceDecay", { x }, { scale });
}

/** Sum of the weights of each snippet, over all snippets of its video: [T], in double precision. */
export function decayMass(T: number, scale: number): Float64Array {
  const ratio = Math.exp(-1 / scale);
  const oneSide = (count: number) => ratio * (1 - ratio ** count) / (1 - ratio);
  return Float64Array.from({ length: T }, (_, t) => 1 + oneSide(t) + oneSide(T - 1 - t));
}
