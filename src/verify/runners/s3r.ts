/** Golden cases of `s3r`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import type { Values } from "../../contract/slot.ts";
import { l2Norm } from "../../ops/l2_norm/op.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** The beginning of row 0 of x [R, T, C]: [snippets, channels]. */
function rowHead(x: tf.Tensor, [snippets, channels]: number[]): tf.Tensor {
  return tf.reshape(tf.slice(x, [0, 0, 0], [1, snippets, channels]), [snippets, channels]);
}

/** The same, channels first as in the official code. */
function channelsFirst(x: tf.Tensor, [channels, snippets]: number[]): tf.Tensor {
  return tf.transpose(rowHead(x, [snippets, channels]));
}

/** Norms of the mean selected feature, crop by crop: [2n, N, k, C] -> [N n] of one half. */
function meanFeatureNorms(values: Values, side: "normal" | "abnormal"): tf.Tensor {
  const norms = l2Norm(tf.mean(sideOf(values["selected.features"], side), 2)); // [n, N]
  return tf.reshape(tf.transpose(norms), [-1]);
}

function videoScores(values: Values, side: "normal" | "abnormal"): tf.Tensor {
  return tf.reshape(sideOf(values["selected.scores"], side), [-1]);
}

export const s3r: GoldenRunner = {
  settings: {
    feature_dim: "features.dim",
    aggregate_reduction: "encoder.reduction",
    gate_reduction: "encoder.gate_reduction",
    group_norm_groups: "encoder.groups",
    group_norm_eps: "encoder.gn_epsilon",
    bn_eps: "encoder.bn_epsilon",
    bn_momentum: "encoder.bn_momentum",
    dropout: { fixed: 0 }, // off in every case
    dictionary_slots: "encoder.slots",
    k: "head.k",
    shrink: { fixed: 0 }, // the official code has it, and leaves it at 0
  },
  apart: { ...DIM_OF_THE_CASE, "encoder.slots": "the size of the case's dictionary" },
  terms: {
    loss_cls: "selected_bce",
    loss_magnitude: "magnitude_margin",
    loss_sparse: "sparsity",
    loss_smooth: "smoothness",
    loss_macro: "reconstruction_bce",
  },
  weighted: ["loss_sparse", "loss_smooth"],
  outputs: {
    macro_scores: (values) => tf.reshape(values["reconstruction.scores"], [-1]),
    feature_magnitudes: ({ magnitude }) => magnitude,
    normal_stream: ({ normal_stream }, shape) => rowHead(normal_stream, shape),
    dictionary_attention: ({ dictionary_attention: weights }, shape) =>
      channelsFirst(tf.reshape(weights, [1, -1, weights.shape[2]!]), shape),
    video_conv1: ({ conv_1 }, shape) => channelsFirst(conv_1, shape),
    video_conv3: ({ conv_3 }, shape) => channelsFirst(conv_3, shape),
    video_nonlocal: ({ non_local }, shape) => channelsFirst(non_local, shape),
    video_embedding: ({ video_embedding }, shape) => rowHead(video_embedding, shape),
    macro_embedding: ({ macro_embedding }, shape) => rowHead(macro_embedding, shape),
    gate: ({ gate }) => tf.reshape(tf.slice(gate, [0, 0], [1, gate.shape[1]!]), [-1]),
    normal_video_score: (values) => videoScores(values, "normal"),
    abnormal_video_score: (values) => videoScores(values, "abnormal"),
    normal_mean_feature_norm: (values) => meanFeatureNorms(values, "normal"),
    abnormal_mean_feature_norm: (values) => meanFeatureNorms(values, "abnormal"),
    "select/normal": (values) => sideOf(values["selected.index"], "normal"),
    "select/abnormal": (values) => sideOf(values["selected.index"], "abnormal"),
  },
};
