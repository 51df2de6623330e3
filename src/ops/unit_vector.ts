/** Vectors divided by their own length. */

import * as tf from "@tensorflow/tfjs";
import { l2Norm } from "./l2_norm.ts";

/**
 * x / |x| over the last axis. A zero vector gives NaN as 0 / 0 does, or with `guard` stays zero, with
 * gradients that are finite; all others are the same either way.
 *
 * @param x [..., C]
 */
export function unitVector(x: tf.Tensor, guard: boolean): tf.Tensor {
  const norm = tf.expandDims(l2Norm(x), -1); // [..., 1]
  const divisor = guard ? tf.where(tf.greater(norm, 0), norm, tf.onesLike(norm)) : norm;
  return tf.div(x, divisor);
}

/** Shorter vectors are divided by this, so that a vector of zeros stays one. */
const SHORTEST = 1e-12;

/** x [..., C] divided by max(|x|, 1e-12) over the last axis: PyTorch's normalize. */
export function unitLength(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.maximum(tf.expandDims(l2Norm(x), -1), SHORTEST));
}
