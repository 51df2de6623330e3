/** The root of a number's size, with its sign. */

import * as tf from "@tensorflow/tfjs";

/**
 * sign(x) sqrt(|x|), whose gradient 1 / (2 sqrt(|x|)) is unbounded near 0 and 0 at 0, as in PyTorch
 * where the root is taken of each sign apart behind a rectifier.
 *
 * @param x any shape
 */
export function signedRoot(x: tf.Tensor): tf.Tensor {
  const away = tf.notEqual(x, 0);
  // The root of 1 stands in at 0: an infinite slope times 0 would be NaN.
  const size = tf.where(away, tf.abs(x), tf.onesLike(x));
  return tf.mul(tf.sign(x), tf.sqrt(size));
}
