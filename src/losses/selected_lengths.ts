/** Lengths of the selected features as MGFN's loss terms compare them. */

import * as tf from "@tensorflow/tfjs";
import { l1Norm } from "../ops/l1_norm.ts";
import { l2Norm } from "../ops/l2_norm.ts";
import { sideOf } from "./halves.ts";

/**
 * L1 norms of one half of selected.features [2n, N, K, C]: [N n, K], crop by crop as the official code
 * stacks them, row = crop x n + video.
 */
export function selectedLengths(features: tf.Tensor, side: "normal" | "abnormal"): tf.Tensor2D {
  const lengths = tf.transpose(l1Norm(sideOf(features, side)), [1, 0, 2]); // [N, n, K]
  return tf.reshape(lengths, [-1, features.shape[2]!]);
}

/** PyTorch's pairwise_distance of a and b [D, K]: [D]. The 1e-6 is added to each difference. */
export function pairwiseDistance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return l2Norm(tf.add(tf.sub(a, b), 1e-6));
}
