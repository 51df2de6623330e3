/**
 * The largest score of each bag, with the gradient sent to the first of equal maxima (as PyTorch's
 * max).
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";
import { oneHot } from "../kernel/one_hot.ts";

// scores [B, T] -> [B]
defineKernel({
  name: "WsvadBagMax",
  composed: ({ x }) => tf.max(x, 1),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => {
        const first = oneHot(tf.argMax(x, 1), x.shape[1]!); // [B, T]
        return tf.mul(first, tf.expandDims(dy as tf.Tensor, 1));
      },
    }),
  },
});

/** scores [B, T] -> [B]. */
export function bagMax(scores: tf.Tensor): tf.Tensor {
  return runKernel("WsvadBagMax", { x: scores });
}
