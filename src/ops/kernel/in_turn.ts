/** Chains of element-wise operations on large tensors, without keeping what lies between. */

import type * as tf from "@tensorflow/tfjs";

/**
 * What the last step makes of x; each result between is freed once the next one is there. Inside
 * kernels.
 */
export function inTurn(x: tf.Tensor, ...steps: ((x: tf.Tensor) => tf.Tensor)[]): tf.Tensor {
  let current = x;
  for (const step of steps) {
    const next = step(current);
    if (current !== x) current.dispose();
    current = next;
  }
  return current;
}
