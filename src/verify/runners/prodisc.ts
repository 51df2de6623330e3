/** Golden cases of `prodisc`. */

import * as tf from "@tensorflow/tfjs";
import { extremes } from "../../losses/extreme_contrast.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** The beginning of the first crop of the first video: x [B, N, T, C] -> [snippets, channels]. */
function firstSnippets(x: tf.Tensor, [snippets, channels]: number[]): tf.Tensor {
  return tf.reshape(tf.slice(x, [0, 0, 0, 0], [1, 1, snippets, channels]), [snippets, channels]);
}

export const prodisc: GoldenRunner = {
  settings: {
    feature_dim: "features.dim",
    num_class: null, // of the data
    prototypes: "encoder.prototypes",
    feature_factor: "encoder.feature_factor",
    context_factor: "encoder.context_factor",
    classifier: "head.hidden",
    k_divisor: "loss.smoothed_topk_bce.divisor",
    k_rule: { fixed: "ceil(length / 6)" }, // in words
    label_smoothing: "loss.smoothed_topk_bce.smoothing",
    temperature: "loss.extreme_contrast.temperature",
    layer_norm_eps: "encoder.ln_epsilon",
    dropout: { fixed: 0 }, // off in every case
  },
  apart: DIM_OF_THE_CASE,
  terms: { loss_mil: "smoothed_topk_bce", loss_pide: "extreme_contrast" },
  outputs: {
    logits: ({ score_logits: logits }) => tf.squeeze(logits, [1]),
    logits_crop0: ({ score_logits: logits }, shape) => firstSnippets(logits, shape),
    encoded_rows: ({ encoded }, shape) => firstSnippets(encoded, shape),
    prototype_weights: ({ prototype_weights: weights }, shape) => firstSnippets(weights, shape),
    "select/max": (values) => selected(values, 0),
    "select/min": (values) => selected(values, 1),
  },
};

function selected({ scores, lengths }: Record<string, tf.Tensor>, column: number): tf.Tensor {
  return tf.reshape(tf.slice(extremes(scores, lengths), [0, column], [-1, 1]), [-1]);
}
