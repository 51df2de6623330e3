/** Golden cases of `mil`. */

import * as tf from "@tensorflow/tfjs";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** [B, 1, T, C] -> [B, T, C]. */
function withoutCrop(x: tf.Tensor): tf.Tensor {
  return tf.squeeze(x, [1]);
}

function firstChannels(x: tf.Tensor, channels: number): tf.Tensor {
  return tf.slice(x, x.shape.map(() => 0), [...x.shape.slice(0, -1), channels]);
}

/** scores [B, T, 1] -> [B, T]. */
function flat(scores: tf.Tensor): tf.Tensor {
  return tf.squeeze(scores, [2]);
}

export const mil: GoldenRunner = {
  settings: {
    feature_size: "features.dim",
    hidden: "head.hidden",
    dropout: "head.dropout",
    margin: "loss.ranking.margin",
    lambda_smooth: "loss.smoothness.weight",
    lambda_sparse: "loss.sparsity.weight",
    l2: "loss.weight_l2.weight",
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_ranking: "ranking",
    loss_smooth_unweighted: "smoothness",
    loss_sparse_unweighted: "sparsity",
    loss_l2_unweighted: "weight_l2",
  },
  outputs: {
    hidden_1_head: ({ hidden_1 }) => firstChannels(withoutCrop(hidden_1), 32),
    hidden_2: ({ hidden_2 }) => withoutCrop(hidden_2),
    bag_max: ({ scores }) => tf.max(flat(scores), 1),
    bag_argmax: ({ scores }) => tf.argMax(flat(scores), 1),
  },
};
