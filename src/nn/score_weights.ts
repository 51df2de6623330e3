/** Weights of snippets by their scores, to pool a video by. */

import * as tf from "@tensorflow/tfjs";

/** The floor under a sum of weights. */
const LEAST_SUM = 1e-12;

/** exp(softness s) - 1, each row's sum 1: s [B, T] in [0, 1] -> [B, T]. */
export function scoreWeights(s: tf.Tensor, softness: number): tf.Tensor {
  const raised = tf.sub(tf.exp(tf.mul(s, softness)), 1);
  return tf.div(raised, tf.maximum(tf.sum(raised, 1, true), LEAST_SUM));
}
