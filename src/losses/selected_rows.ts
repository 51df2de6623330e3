/** The selected features as MGFN's loss terms compare them: by their L1 norms, row by row. */

import * as tf from "@tensorflow/tfjs";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { lengthDifference } from "../ops/length_difference/op.ts";
import { sideOf } from "../contract/halves.ts";

/**
 * One half of selected.features [2n, N, K, C] as [N n, K, C], crop by crop as the official code
 * stacks them: row = crop x n + video.
 */
export function selectedRows(features: tf.Tensor, side: "normal" | "abnormal"): tf.Tensor3D {
  const [, , K, C] = features.shape;
  return tf.reshape(tf.transpose(sideOf(features, side), [1, 0, 2, 3]), [-1, K!, C!]);
}

/**
 * PyTorch's pairwise_distance of the L1 norms of a and b [D, K, C]: [D]. The 1e-6 is added to each
 * difference.
 */
export function lengthDistance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return l2Norm(tf.add(lengthDifference(a, b), 1e-6));
}
