/** Golden cases of `ur_dmu`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** The first 8 snippets of the first row: x [..., T, C] -> [8, C]. */
function firstSnippets(x: tf.Tensor): tf.Tensor {
  const C = x.shape.at(-1)!;
  return tf.slice(tf.reshape(x, [-1, C]), [0, 0], [8, C]);
}

/** x [B, N, T] -> [B N, T]. */
function byRow(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [-1, x.shape.at(-1)!]);
}

export const urDmu: GoldenRunner = {
  settings: {
    feature_dim: "features.dim",
    hidden: "encoder.hidden",
    layers: "encoder.layers",
    heads: "encoder.heads",
    head_dim: "encoder.head_dim",
    ff_dim: "encoder.ff_dim",
    dropout: { fixed: 0 }, // off in every case
    memory_slots_abnormal: "head.abnormal_slots",
    memory_slots_normal: "head.normal_slots",
    topk_snippets: null, // in words: head.snippet_divisor
    topk_slots: null, // "floor(slots / 16) + 1"
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_att: "topk_bce",
    loss_A: "memory_abnormal_hit",
    loss_N_Aatt: "memory_normal_miss",
    loss_N: "memory_normal_hit",
    loss_A_N: "memory_abnormal_miss",
    loss_triplet: "memory_triplet",
    loss_kl: "latent_kl",
    loss_distance: "memory_distance",
  },
  outputs: {
    embedding: ({ embedding }) => firstSnippets(embedding),
    attention0: ({ attention_0 }) => firstSnippets(attention_0),
    feedforward0: ({ feedforward_0 }) => firstSnippets(feedforward_0),
    selfatt: ({ encoded }) => firstSnippets(encoded),
    "abnormal_memory/activation": (values) => byRow(values["memory_crops.abnormal"]),
    "normal_memory/activation": (values) => byRow(values["memory_crops.normal"]),
    "abnormal_memory/read": (values) => firstSnippets(values["memory_read.abnormal"]),
    "normal_memory/read": (values) => firstSnippets(values["memory_read.normal"]),
    A_att: (values) => sideOf(values["memory.abnormal"], "abnormal"),
    N_Aatt: (values) => sideOf(values["memory.normal"], "abnormal"),
    A_Natt: (values) => sideOf(values["memory.abnormal"], "normal"),
    N_att: (values) => sideOf(values["memory.normal"], "normal"),
    "select/abnormal_by_A": (values) => values["index.negative"],
    "select/normal_by_N": (values) => values["index.anchor"],
    "select/abnormal_by_N": (values) => values["index.positive"],
  },
};
