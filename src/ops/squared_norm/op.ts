/**
 * Sum of squares of a matrix, summed row by row: one running float32 sum over a million squares is
 * off by 1e-4.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// x [M, C] -> scalar
defineKernel({
  name: "WsvadSquaredNorm",
  composed: ({ x }) => tf.sum(tf.sum(tf.square(x), 1)),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(x, tf.mul(dy as tf.Tensor, 2)) }),
  },
});

/** x [M, ...] -> scalar sum of the squares. */
export function squaredNorm(x: tf.Tensor): tf.Scalar {
  return runKernel("WsvadSquaredNorm", { x: tf.reshape(x, [x.shape[0], -1]) }) as tf.Scalar;
}
