/** Golden cases of `clip_tsa`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

/** The first channels of x [..., T, C] as rows: [R, T, channels]. */
function headOf(x: tf.Tensor, [R, T, channels]: number[]): tf.Tensor {
  return tf.slice(tf.reshape(x, [R, T, x.shape.at(-1)!]), [0, 0, 0], [R, T, channels]);
}

export const clipTsa: GoldenRunner = {
  model: (hyper) => ({
    features: { dim: numberOf(hyper, "feature_dim") },
    encoder: {
      name: "perturbed_pyramid",
      ratio: numberOf(hyper, "topk_ratio"),
      samples: numberOf(hyper, "perturbed_samples"),
      sigma: numberOf(hyper, "sigma"),
      bn_epsilon: numberOf(hyper, "bn_eps"),
      bn_momentum: numberOf(hyper, "bn_momentum"),
    },
    head: {
      name: "magnitude_topk",
      hidden: [128, 32],
      k: numberOf(hyper, "magnitude_topk"),
      dropout: numberOf(hyper, "dropout"),
      selection_dropout: numberOf(hyper, "dropout"),
    },
    loss: [
      { name: "selected_bce", weight: 1 },
      { name: "magnitude_margin", weight: 1e-4, margin: 100 },
      { name: "smoothness", weight: 8e-4, over: "abnormal_flat" },
      { name: "sparsity", weight: 8e-3, measure: "l2_norm" },
    ],
  }),
  terms: {
    loss_bce: "selected_bce",
    loss_magnitude: "magnitude_margin",
    loss_smooth: "smoothness",
    loss_sparse: "sparsity",
  },
  weighted: ["loss_magnitude", "loss_smooth", "loss_sparse"],
  outputs: {
    feat_magnitudes: ({ magnitude }) => magnitude,
    snippet_scores: (values) => values.snippet_scores,
    selection_frequency: (values) => values.selection_frequency,
    tsa_out: (values, shape) => headOf(values.kept_features, shape),
    aggregate: ({ encoded }, shape) => headOf(encoded, shape),
    score_normal: (values) => sideOf(values["selected.scores"], "normal"),
    score_abnormal: (values) => sideOf(values["selected.scores"], "abnormal"),
  },
  buffers: {
    bn_conv5_running_mean: "Aggregate.conv_5.2.running_mean",
    bn_conv5_running_var: "Aggregate.conv_5.2.running_var",
  },
};
