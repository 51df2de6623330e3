/** Golden cases of `tpwng`. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { sideOf } from "../../contract/halves.ts";
import type { ModelConfig } from "../../model/chain.ts";
import type { GoldenCase } from "../golden_case.ts";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

const keys = z.object({
  class_names: z.array(z.string()),
  causal: z.boolean(),
  layer_norm_eps: z.number().default(1e-5),
});

/** Encoder and head, which alone make the scores. */
function scoring(hyper: GoldenCase["hyper"], causal: boolean): ModelConfig {
  const width = numberOf(hyper, "width");
  const { layer_norm_eps: epsilon, class_names: classes } = keys.parse(hyper);
  return {
    features: { dim: width, text_aligned: true },
    classes: classes.length,
    encoder: {
      name: "adaptive_span",
      layers: numberOf(hyper, "layers"),
      heads: numberOf(hyper, "heads"),
      inner: 4 * width,
      ramp: numberOf(hyper, "span_R"),
      causal,
      ln_epsilon: epsilon,
    },
    head: { name: "norm_linear", ln_epsilon: epsilon },
    loss: [],
  };
}

export const tpwng: GoldenRunner = {
  model(hyper) {
    const { causal, class_names: classes } = keys.parse(hyper);
    return {
      ...scoring(hyper, causal),
      branch: {
        name: "normality_guidance",
        tower: {
          width: numberOf(hyper, "width"),
          layers: numberOf(hyper, "clip_text_layers"),
          heads: numberOf(hyper, "clip_text_heads"),
          context: numberOf(hyper, "clip_context"),
          vocabulary: numberOf(hyper, "clip_vocab"),
        },
        classes,
        learned: numberOf(hyper, "n_ctx"),
        alpha: numberOf(hyper, "alpha"),
        theta: numberOf(hyper, "theta"),
      },
      loss: [
        { name: "pseudo_label_bce", weight: 1 },
        { name: "normal_prompt_ranking", weight: 1 },
        { name: "abnormal_prompt_ranking", weight: 1 },
        { name: "distribution_inconsistency", weight: 1 },
        { name: "similarity_smoothness", weight: numberOf(hyper, "lambda1") },
        { name: "similarity_sparsity", weight: numberOf(hyper, "lambda2") },
      ],
    };
  },
  variants: {
    scores_other_direction: (hyper) => scoring(hyper, !keys.parse(hyper).causal),
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
