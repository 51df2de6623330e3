/** Golden cases of `s3r`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import type { Values } from "../../contract/slot.ts";
import { l2Norm } from "../../ops/l2_norm/op.ts";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

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
  model: (hyper) => ({
    features: { dim: numberOf(hyper, "feature_dim") },
    encoder: {
      name: "dictionary_streams",
      slots: numberOf(hyper, "dictionary_slots"),
      reduction: numberOf(hyper, "aggregate_reduction"),
      gate_reduction: numberOf(hyper, "gate_reduction"),
      dropout: 0,
      groups: numberOf(hyper, "group_norm_groups"),
      gn_epsilon: numberOf(hyper, "group_norm_eps"),
      bn_epsilon: numberOf(hyper, "bn_eps"),
      bn_momentum: numberOf(hyper, "bn_momentum"),
    },
    head: { name: "stream_topk", k: numberOf(hyper, "k"), dropout: 0, selection_dropout: 0 },
    loss: [
      { name: "selected_bce", weight: 1 },
      { name: "magnitude_margin", weight: 1e-4, margin: 100 },
      { name: "sparsity", weight: 8e-3, measure: "l2_norm" },
      { name: "smoothness", weight: 8e-4, over: "abnormal_flat" },
      { name: "reconstruction_bce", weight: 1 },
    ],
  }),
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
