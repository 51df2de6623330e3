/** Activations that products fuse, and their gradients from the output alone. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

export type Activation = "none" | "relu" | "sigmoid";

/** y = activation(x), any shape, in tf ops. */
export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  return activation === "relu" ? tf.relu(x) : activation === "sigmoid" ? tf.sigmoid(x) : x;
}

// y, dy [...] -> dz [...]: relu dz = dy / (1 - rate) where y > 0,
// sigmoid dz = dy y (1 - y (1 - rate))
// attributes { activation, rate = 0 }
defineKernel({
  name: "WsvadActivationGradient",
  composed: ({ dy, y }, { activation, rate = 0 }) =>
    activation === "relu"
      ? tf.mul(tf.mul(dy, 1 / (1 - rate)), tf.step(y))
      : tf.mul(dy, tf.mul(y, tf.sub(1, tf.mul(y, 1 - rate)))),
});

/**
 * Gradient before the activation, from the gradient `dy` after it and the output `y`. With "none"
 * it is `dy` itself. The gradient of relu at 0 is 0, as PyTorch's.
 *
 * @param rate of a dropout behind relu or sigmoid: `y` is 0 where it dropped a value, so that the
 *             mask need not be drawn again
 */
export function activationGradient(
  dy: tf.Tensor,
  y: tf.Tensor,
  activation: Activation,
  rate = 0,
): tf.Tensor {
  return activation === "none"
    ? dy
    : runKernel("WsvadActivationGradient", { dy, y }, { activation, rate });
}

/**
 * For kernels that save x, weight and their output y: without an activation the gradient does not
 * read y.
 */
export function withoutOutput({ activation }: Record<string, unknown>): boolean[] {
  return [false, false, activation === "none"];
}
