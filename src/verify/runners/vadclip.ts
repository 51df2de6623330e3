/** Golden cases of `vadclip`. */

import * as tf from "@tensorflow/tfjs";
import { DIM_OF_THE_CASE, type GoldenRunner, OF_THE_TOWER, towerOf } from "../golden_runner.ts";

/** The scores before the sigmoid, of the one crop: [B, T, 1]. */
function logitsOf({ score_logits: logits }: Record<string, tf.Tensor>): tf.Tensor {
  return tf.squeeze(logits, [1]);
}

export const vadclip: GoldenRunner = {
  settings: {
    num_class: null, // of the data
    visual_width: "features.dim",
    embed_dim: (_, hyper) => ({ "branch.tower": towerOf(hyper, "embed_dim") }),
    visual_length: "encoder.length",
    visual_head: "encoder.heads",
    visual_layers: "encoder.layers",
    attn_window: "encoder.window",
    prompt_prefix: "branch.prefix",
    prompt_postfix: "branch.postfix",
    ...OF_THE_TOWER,
    class_names: "branch.classes",
    similarity_threshold: "encoder.threshold",
    logit_temperature: "branch.temperature",
    layer_norm_eps: { fixed: 1e-5 },
  },
  apart: {
    ...DIM_OF_THE_CASE,
    "optimizer.lr": "ten times the official rate, so that ten steps show",
  },
  terms: {
    loss1_clas2: "valid_topk_bce",
    loss2_clasm: "class_alignment",
    loss3_text: "text_contrast",
  },
  weighted: ["loss3_text"],
  outputs: {
    logits1: logitsOf,
    logits2: ({ class_logits: logits }) => logits,
    text_features: ({ text_features: text }) => text,
    align_scores: ({ class_logits: logits }) =>
      tf.sub(1, tf.slice(tf.softmax(logits), [0, 0, 0], [-1, -1, 1])),
    visual_features_head: ({ encoded }, shape) =>
      tf.slice(tf.squeeze(encoded, [1]), [0, 0, 0], [-1, -1, shape[2]]),
  },
};
