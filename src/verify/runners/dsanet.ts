/** Golden cases of `dsanet`. */

import * as tf from "@tensorflow/tfjs";
import { DIM_OF_THE_CASE, type GoldenRunner, OF_THE_TOWER, towerOf } from "../golden_runner.ts";

/** The first channels of the one crop: x [B, 1, T, C] -> [B, T, channels]. */
function headOf(x: tf.Tensor, channels: number): tf.Tensor {
  return tf.slice(tf.squeeze(x, [1]), [0, 0, 0], [-1, -1, channels]);
}

export const dsanet: GoldenRunner = {
  settings: {
    settings: null, // their name
    num_class: null, // of the data
    class_names: "branch.classes",
    visual_width: "features.dim",
    embed_dim: (_, hyper) => ({ "branch.tower": towerOf(hyper, "embed_dim") }),
    visual_length: "encoder.length",
    visual_head: "encoder.heads",
    visual_layers: "encoder.layers",
    attn_window: "encoder.window",
    similarity_threshold: "encoder.threshold",
    logit_temperature: "branch.temperature",
    layer_norm_eps: { fixed: 1e-5 },
    ...OF_THE_TOWER,
    text_adapt_until: "branch.adapt_until",
    text_mix: "branch.mix",
    adapter_norm_eps: "branch.adapter_epsilon",
    leaky_slope: "branch.slope",
    num_prototypes: "branches.normality_refiner.prototypes",
    refiner_heads: "branches.normality_refiner.heads",
    decoder_depth: "branches.normality_refiner.depth",
    normal_selection_ratio: "branches.normality_refiner.ratio",
    refiner_layer_norm_eps: "branches.normality_refiner.ln_epsilon",
    softness: "branch.softness",
    refine_temperature: "branch.refine_temperature",
    event_smoothing: ["loss.event_alignment.smoothing", "loss.background_alignment.smoothing"],
    background_floor: "loss.background_alignment.floor",
    loss2_weight: "loss.class_alignment.weight",
  },
  apart: {
    ...DIM_OF_THE_CASE,
    "branch.tower": "at most four layers of twelve",
    "optimizer.lr": "another rate, so that a few steps show",
    "optimizer_groups.refiner.optimizer.lr": "another rate, so that a few steps show",
    "optimizer_groups.refiner.schedule.warmup_steps": "few steps",
    "optimizer_groups.refiner.schedule.total_steps": "few steps",
  },
  terms: {
    loss1_clas2: "valid_topk_bce",
    loss2_clasm: "class_alignment",
    loss3_text: "text_contrast",
    loss4_event: "event_alignment",
    loss5_background: "background_alignment",
    loss_consistency: "reconstruction_consistency",
    loss_gather: "prototype_gather",
  },
  outputs: {
    logits1: ({ score_logits: logits }) => tf.squeeze(logits, [1]),
    logits2: ({ class_logits: logits }) => logits,
    text_features: ({ text_features: text }) => text,
    event_logits: (values) => values.event_logits,
    background_logits: (values) => values.background_logits,
    class_probabilities: (values) => values.class_probabilities,
    visual_features_head: ({ encoded }, [, , channels]) => headOf(encoded, channels),
    reconstructed_head: ({ reconstructed }, [, , channels]) => headOf(reconstructed, channels),
  },
};
