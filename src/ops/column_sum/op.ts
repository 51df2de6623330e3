/** Sum over rows: the gradient of a bias. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// x [M, C] -> [C]. As a product with ones, because a sum over axis 0 walks memory the wrong way.
defineKernel({
  name: "WsvadColumnSum",
  composed: ({ x }) =>
    tf.reshape(tf.matMul(tf.ones([1, x.shape[0]]), x as tf.Tensor2D), [x.shape[1]!]),
});

/** x [M, C] -> [C], the sum of the rows. Not differentiated: it serves gradients. */
export function columnSum(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadColumnSum", { x });
}
