/** Euclidean norm over the last axis, with gradient 0 at the zero vector (as PyTorch's norm). */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// x [..., C] -> [...]
defineKernel({
  name: "WsvadL2Norm",
  composed: ({ x }) => tf.sqrt(tf.sum(tf.square(x), -1)),
  gradient: {
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [x, norm]) => ({
      x: () => runKernel("WsvadL2NormGradient", { x, norm, dy: dy as tf.Tensor }),
    }),
  },
});

// x [..., C], norm, dy [...] -> dx [..., C] = x dy / norm, 0 where the norm is 0:
// tf.divNoNan says just that
defineKernel({
  name: "WsvadL2NormGradient",
  composed: ({ x, norm, dy }) => tf.mul(x, tf.expandDims(tf.divNoNan(dy, norm), -1)),
});

/** x [..., C] -> [...], the L2 norm over the channels. */
export function l2Norm(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadL2Norm", { x });
}
