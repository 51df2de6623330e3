/** Golden cases of `pel4vad`. */

import * as tf from "@tensorflow/tfjs";
import { pooledRows, promptLogits, rowClasses } from "../../losses/prompt_distribution.ts";
import type { Values } from "../../contract/slot.ts";
import { type Smoothing, smoothScores } from "../../metrics/smooth_scores.ts";
import type { ModelConfig } from "../../model/chain.ts";
import { topKIndices } from "../../ops/top_k/op.ts";
import { DIM_OF_THE_CASE, type GoldenRunner, lossOf } from "../golden_runner.ts";

/** The beginning of the first row of x [..., T, C]: [snippets, channels]. */
function firstSnippets(x: tf.Tensor, [snippets, channels]: number[]): tf.Tensor {
  const [T, C] = x.shape.slice(-2);
  const rows = tf.reshape(x, [-1, T, C]);
  return tf.reshape(tf.slice(rows, [0, 0, 0], [1, snippets, channels]), [snippets, channels]);
}

function softnessOf(model: ModelConfig): number {
  return lossOf<{ softness: number }>(model, "prompt_distribution").softness;
}

/** Places of the first `count` rows that there are, in their order. */
function presentRows(values: Values, count: number): tf.Tensor {
  const { present } = rowClasses(values);
  const rows = tf.reshape(present, [1, -1]);
  const early = tf.sub(tf.mul(rows, 2 * rows.size), tf.range(0, rows.size));
  return tf.reshape(topKIndices(early, count), [count]);
}

export const pel4vad: GoldenRunner = {
  settings: {
    settings: null, // their name
    feature_dim: "features.dim",
    hidden: "encoder.hidden",
    out: "encoder.out",
    heads: { fixed: 1 }, // one
    num_class: null, // of the data
    window: "encoder.window",
    prior_w: "encoder.prior_w",
    prior_b: "encoder.prior_b",
    power_norm: "encoder.power_norm",
    classifier_kernel: "head.kernel",
    temperature: "head.temperature",
    lambda: "loss.prompt_distribution.weight",
    smoothing: null, // eval.smooth
    k_divisor: "loss.valid_bag_bce.divisor",
    softness: "loss.prompt_distribution.softness",
    target_scale: "loss.prompt_distribution.target_scale",
    layer_norm_eps: "encoder.ln_epsilon",
    l2_eps: { fixed: 1e-12 }, // PyTorch's
    dropout: { fixed: 0 }, // off in every case
    calm: null, // of the case's weights
  },
  apart: DIM_OF_THE_CASE,
  terms: { loss_bce: "valid_bag_bce", loss_kl: "prompt_distribution" },
  outputs: {
    mixed_rows: ({ mixed }, shape) => firstSnippets(mixed, shape),
    tca_rows: ({ context }, shape) => firstSnippets(context, shape),
    encoded_rows: (values, shape) => firstSnippets(values.snippet_embedding, shape),
    pooled_rows(values, [count, channels], model) {
      const rows = tf.gather(pooledRows(values, softnessOf(model)), presentRows(values, count));
      return tf.slice(rows, [0, 0], [count, channels]);
    },
    prompt_logits(values, [count], model) {
      const logits = promptLogits(values, { softness: softnessOf(model), guard: false });
      const places = presentRows(values, count);
      return tf.gather(tf.gather(logits, places), places, 1);
    },
  },
  after: {
    scores_smoothed(found, { hyper }) {
      const { shape, data } = found.get("scores")!;
      const smoothing = hyper.smoothing as Smoothing;
      return { shape, data: smoothScores(Float32Array.from(data), smoothing), integer: false };
    },
  },
};
