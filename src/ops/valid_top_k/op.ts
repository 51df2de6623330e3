/** The mean of the best snippets of videos of different lengths, padding left out. */

import * as tf from "@tensorflow/tfjs";
import { gatherScores, topKIndices } from "../top_k/op.ts";

/** Below every value: padding is never chosen while a valid snippet is left. */
const LOWEST = -1e30;

/**
 * For each row the mean of its k largest valid values, k = floor(length / divisor) + 1, never more than all.
 *
 * The number differs from row to row and comes from a tensor, so that a recorded step serves other lengths.
 *
 * @param x [M, T]
 * @param lengths int32 [M] valid values, from 1 to T
 * @returns [M]
 */
export function validTopKMean(x: tf.Tensor, lengths: tf.Tensor, divisor: number): tf.Tensor {
  const T = x.shape[1]!;
  const most = Math.min(T, Math.floor(T / divisor) + 1);
  const length = tf.expandDims(tf.cast(lengths, "float32"), 1); // [M, 1]
  const valid = tf.less(tf.range(0, T), length); // [M, T]
  const chosen = topKIndices(tf.where(valid, x, tf.fill(x.shape, LOWEST)), most); // [M, most]
  const values = gatherScores(x, chosen); // [M, most], largest first
  const count = tf.minimum(tf.add(tf.floor(tf.div(length, divisor)), 1), length); // [M, 1]
  const counts = tf.cast(tf.less(tf.range(0, most), count), "float32"); // [M, most]
  return tf.div(tf.sum(tf.mul(values, counts), 1), tf.squeeze(count, [1]));
}
