/** Rows stretched to 0..1, as TPWNG compares similarities of different heights. */

import * as tf from "@tensorflow/tfjs";
import { bagMax } from "../bag_max/op.ts";

/** Added to the range, so that a constant row becomes 0. */
export const EPSILON = 1e-8;

/**
 * (x - min) / (max - min + 1e-8) of each row. The gradients of both ends go to the first snippet
 * that reaches them.
 *
 * @param x [R, T]
 */
export function minMax(x: tf.Tensor): tf.Tensor {
  const high = tf.expandDims(bagMax(x), 1); // [R, 1]
  const low = tf.neg(tf.expandDims(bagMax(tf.neg(x)), 1));
  return tf.div(tf.sub(x, low), tf.add(tf.sub(high, low), EPSILON));
}
