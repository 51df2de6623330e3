/** Golden cases of `clip_tsa`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** The first channels of x [..., T, C] as rows: [R, T, channels]. */
function headOf(x: tf.Tensor, [R, T, channels]: number[]): tf.Tensor {
  return tf.slice(tf.reshape(x, [R, T, x.shape.at(-1)!]), [0, 0, 0], [R, T, channels]);
}

export const clipTsa: GoldenRunner = {
  settings: {
    feature_dim: "features.dim",
    segments_train: null,
    topk_ratio: "encoder.ratio",
    perturbed_samples: "encoder.samples",
    sigma: "encoder.sigma",
    magnitude_topk: "head.k",
    dropout: { fixed: 0 }, // off in every case
    bn_eps: "encoder.bn_epsilon",
    bn_momentum: "encoder.bn_momentum",
  },
  apart: DIM_OF_THE_CASE,
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
