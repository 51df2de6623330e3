/** Golden cases of `vadclip`. */

import * as tf from "@tensorflow/tfjs";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

/** The scores before the sigmoid, of the one crop: [B, T, 1]. */
function logitsOf({ score_logits: logits }: Record<string, tf.Tensor>): tf.Tensor {
  return tf.squeeze(logits, [1]);
}

export const vadclip: GoldenRunner = {
  model: (hyper) => ({
    features: { dim: numberOf(hyper, "visual_width"), text_aligned: true },
    classes: numberOf(hyper, "num_class"),
    encoder: {
      name: "local_global_adapter",
      length: numberOf(hyper, "visual_length"),
      layers: numberOf(hyper, "visual_layers"),
      heads: numberOf(hyper, "visual_head"),
      window: numberOf(hyper, "attn_window"),
      threshold: numberOf(hyper, "similarity_threshold"),
    },
    head: { name: "residual_classifier" },
    branch: {
      name: "prompt_alignment",
      tower: {
        width: numberOf(hyper, "embed_dim"),
        layers: numberOf(hyper, "clip_text_layers"),
        heads: numberOf(hyper, "clip_text_heads"),
        context: numberOf(hyper, "clip_context"),
        vocabulary: numberOf(hyper, "clip_vocab"),
      },
      classes: hyper.class_names as string[],
      prefix: numberOf(hyper, "prompt_prefix"),
      postfix: numberOf(hyper, "prompt_postfix"),
      temperature: numberOf(hyper, "logit_temperature"),
    },
    loss: [
      { name: "valid_topk_bce", weight: 1 },
      { name: "class_alignment", weight: 1 },
      { name: "text_contrast", weight: 0.1 },
    ],
  }),
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
