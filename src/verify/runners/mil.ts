/** Golden cases of `mil`. */

import * as tf from "@tensorflow/tfjs";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

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
  model: (hyper) => ({
    features: { dim: numberOf(hyper, "feature_size") },
    encoder: { name: "crop_mean" },
    head: { name: "mlp", hidden: hyper.hidden, dropout: 0 },
    loss: [
      { name: "ranking", weight: 1, margin: numberOf(hyper, "margin") },
      { name: "smoothness", weight: numberOf(hyper, "lambda_smooth") },
      { name: "sparsity", weight: numberOf(hyper, "lambda_sparse") },
      { name: "weight_l2", weight: numberOf(hyper, "l2") },
    ],
  }),
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
