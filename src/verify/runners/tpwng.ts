/** Golden cases of `tpwng`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import {
  DIM_OF_THE_CASE,
  type GoldenRunner,
  numberOf,
  OF_THE_TOWER,
  towerOf,
} from "../golden_runner.ts";

export const tpwng: GoldenRunner = {
  settings: {
    num_class: null, // of the data
    width: (value, hyper) => ({
      "features.dim": value,
      "encoder.inner": 4 * numberOf(hyper, "width"),
      "branch.tower": towerOf(hyper, "width"),
    }),
    n_ctx: "branch.learned",
    layers: "encoder.layers",
    heads: "encoder.heads",
    span_R: "encoder.ramp",
    causal: "encoder.causal",
    alpha: "branch.alpha",
    theta: "branch.theta",
    lambda1: "loss.similarity_smoothness.weight",
    lambda2: "loss.similarity_sparsity.weight",
    ...OF_THE_TOWER,
    class_names: "branch.classes",
    layer_norm_eps: ["encoder.ln_epsilon", "head.ln_epsilon"],
    dropout: { fixed: 0 }, // there is none
  },
  apart: {
    ...DIM_OF_THE_CASE,
    "branch.tower": "two layers of twelve, which vadclip's case has",
  },
  variants: {
    // Encoder and head alone make the scores.
    scores_other_direction: (model) => ({
      ...model,
      encoder: { ...model.encoder, causal: !model.encoder.causal },
      branch: null,
      loss: [],
    }),
  },
  terms: {
    loss_cl: "pseudo_label_bce",
    loss_rank_n: "normal_prompt_ranking",
    loss_rank_a: "abnormal_prompt_ranking",
    loss_dil: "distribution_inconsistency",
    loss_sp: "similarity_smoothness",
    loss_sm: "similarity_sparsity",
  },
  outputs: {
    text_features: (values) => values.text_features,
    normal_text_enhanced: (values) => values.normal_prompt,
    layer0_head: (values, [, , channels]) => {
      const [R, T] = values.layer_0.shape;
      return tf.slice(values.layer_0, [0, 0, 0], [R, T!, channels]);
    },
    S_nn: (values) => sideOf(values["similarity.normal"], "normal"),
    S_an: (values) => sideOf(values["similarity.normal"], "abnormal"),
    S_aa: (values) => sideOf(values["similarity.own"], "abnormal"),
    psi: (values) => values.pseudo_scores,
    pseudo_labels: (values) => values.pseudo_labels,
  },
};
