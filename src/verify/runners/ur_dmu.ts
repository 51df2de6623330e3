/** Golden cases of `ur_dmu`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

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
  model: (hyper) => ({
    features: { dim: numberOf(hyper, "feature_dim") },
    encoder: {
      name: "distance_transformer",
      hidden: numberOf(hyper, "hidden"),
      layers: numberOf(hyper, "layers"),
      heads: numberOf(hyper, "heads"),
      head_dim: numberOf(hyper, "head_dim"),
      ff_dim: numberOf(hyper, "ff_dim"),
      dropout: numberOf(hyper, "dropout"),
    },
    head: {
      name: "dual_memory",
      abnormal_slots: numberOf(hyper, "memory_slots_abnormal"),
      normal_slots: numberOf(hyper, "memory_slots_normal"),
    },
    loss: [
      { name: "topk_bce", weight: 1 },
      { name: "memory_abnormal_hit", weight: 0.1 },
      { name: "memory_normal_miss", weight: 0.1 },
      { name: "memory_normal_hit", weight: 0.1 },
      { name: "memory_abnormal_miss", weight: 0.1 },
      { name: "memory_triplet", weight: 0.1 },
      { name: "latent_kl", weight: 1e-3 },
      { name: "memory_distance", weight: 1e-4 },
    ],
  }),
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
