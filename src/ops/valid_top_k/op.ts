/** The best snippets of videos of different lengths, padding left out. */

import * as tf from "@tensorflow/tfjs";
import { gatherScores, topKIndices } from "../top_k/op.ts";

/** Below every value: padding is never chosen while a valid snippet is left. */
const LOWEST = -1e30;

/** x [M, T] with all that is no valid value, lengths int32 [M], far below the others. */
export function onlyValid(x: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
  const valid = tf.less(tf.range(0, x.shape[1]!), tf.expandDims(lengths, 1)); // [M, T]
  return tf.where(valid, x, tf.fill(x.shape, LOWEST));
}

/** The largest valid values of each row, as many as the row's own count says. */
export interface BestValid {
  /** [M, most], largest first; what stands behind a row's count is not meant. */
  values: tf.Tensor;
  /** [M, most], 1 for the values that count, else 0. */
  counts: tf.Tensor;
  /** [M, 1], how many they are. */
  count: tf.Tensor;
}

/**
 * For each row its k largest valid values, never more than all.
 *
 * The number differs from row to row and comes from a tensor, so that a recorded step serves other
 * lengths.
 *
 * @param x [M, T]
 * @param lengths int32 [M] valid values, from 1 to T
 * @param divisor `k` is made of length / divisor
 * @param rule `floor_plus_one`: k = floor(length / divisor) + 1; `ceil`: k = ceil(length / divisor)
 */
export function bestValid(
  x: tf.Tensor,
  lengths: tf.Tensor,
  divisor: number,
  rule: "floor_plus_one" | "ceil" = "floor_plus_one",
): BestValid {
  const T = x.shape[1]!;
  const most = Math.min(
    T,
    rule === "ceil" ? Math.ceil(T / divisor) : Math.floor(T / divisor) + 1,
  );
  const length = tf.expandDims(tf.cast(lengths, "float32"), 1); // [M, 1]
  const share = tf.div(length, divisor);
  const k = rule === "ceil" ? tf.ceil(share) : tf.add(tf.floor(share), 1);
  const count = tf.minimum(k, length); // [M, 1]
  const chosen = topKIndices(onlyValid(x, lengths), most); // [M, most]
  return {
    values: gatherScores(x, chosen),
    counts: tf.cast(tf.less(tf.range(0, most), count), "float32"),
    count,
  };
}

/**
 * For each row the mean of its k largest valid values, k = floor(length / divisor) + 1, never more
 * than all.
 *
 * @param x [M, T]
 * @param lengths int32 [M] valid values, from 1 to T
 * @returns [M]
 */
export function validTopKMean(x: tf.Tensor, lengths: tf.Tensor, divisor: number): tf.Tensor {
  const { values, counts, count } = bestValid(x, lengths, divisor);
  return tf.div(tf.sum(tf.mul(values, counts), 1), tf.squeeze(count, [1]));
}
