/**
 * Loss `prompt_distribution`: what is seen in a video, weighted by its scores, is like the prompt
 * of its class, and what is left of an abnormal video is like that of Normal.
 *
 * Source: PEL4VAD, Pu et al., IEEE TIP 2024, arXiv 2306.14451; yujiangpu20/PEL4VAD (KLV_loss,
 * prompt-enhanced learning). Differs: where a length is 0 the loss is NaN; the official code takes
 * it as 0 for that batch.
 * Golden values: tests/golden/pel4vad.
 *
 * Requires scores [B, T, 1] in [0, 1]; snippet_embedding [B, N, T, E], averaged over crops;
 * prompt_features [K, E];
 *          logit_scale [1]; class_ids [B], 0 is Normal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm, Values, ZeroAt } from "../contract/slot.ts";
import { scoreWeights } from "../nn/score_weights.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { oneHot } from "../ops/kernel/one_hot.ts";
import { unitVector } from "../ops/unit_vector/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe(
    "factor of the term in the loss; official: 9 on ShanghaiTech",
  ),
  softness: z.number().positive().default(10).describe(
    "a snippet of score s weighs exp(this s) - 1 in what is seen, exp(this (1 - s)) - 1 in what is left",
  ),
  target_scale: z.number().positive().default(10).describe(
    "logit of rows of the same class in the distribution to be met",
  ),
});

/** A logit that leaves no weight. */
const ABSENT = -1e30;

export const promptDistribution: LossTerm<z.infer<typeof config>> = {
  name: "prompt_distribution",
  summary: "what scores pick out of a video is like the prompt of its class, the rest like Normal",
  source: "PEL4VAD, Pu et al., IEEE TIP 2024; yujiangpu20/PEL4VAD",
  config,
  requires: {
    scores: "B T 1 : unit",
    snippet_embedding: "B N T E",
    prompt_features: "K E",
    logit_scale: "1",
    class_ids: "B",
  },
  build: ({ softness, target_scale: targetScale }, { guardSqrt }) => (values, context) => {
    const { classes, present } = rowClasses(values); // [2 B] both
    const logits = promptLogits(values, { softness, guard: guardSqrt, zeroAt: context.zeroAt });
    const count = tf.sum(present);
    const column = tf.tile(tf.expandDims(tf.greater(present, 0.5), 0), [classes.size, 1]);
    const only = (x: tf.Tensor) => tf.where(column, x, tf.fill(x.shape, ABSENT));
    const same = tf.cast(tf.equal(tf.expandDims(classes, 1), tf.expandDims(classes, 0)), "float32");
    const target = tf.logSoftmax(only(tf.mul(same, targetScale)));
    const terms = tf.mul(tf.exp(target), tf.sub(target, tf.logSoftmax(only(logits))));
    const rows = tf.sum(tf.where(column, terms, tf.zerosLike(terms)), 1); // [2 B]
    return tf.div(tf.sum(tf.mul(rows, present)), count) as tf.Scalar;
  },
};

/**
 * Class ids of the rows, and 1 for those that there are: of each video what is seen, then what is
 * left, which is Normal and which a normal video does not have. [2 B] both.
 */
export function rowClasses({ class_ids: ids }: Values): { classes: tf.Tensor; present: tf.Tensor } {
  const normal = tf.zerosLike(ids);
  const abnormal = tf.cast(tf.greater(ids, 0), "float32");
  return {
    classes: tf.reshape(tf.stack([ids, normal], 1), [-1]),
    present: tf.reshape(tf.stack([tf.onesLike(abnormal), abnormal], 1), [-1]),
  };
}

/** What is seen and what is left of each video, in the rows of {@link rowClasses}: [2 B, E]. */
export function pooledRows(
  { scores, snippet_embedding: embedding }: Values,
  softness: number,
): tf.Tensor {
  const snippets = cropMean(embedding); // [B, T, E]
  const curve = tf.squeeze(scores, [2]); // [B, T]
  const weights = tf.stack([
    scoreWeights(curve, softness),
    scoreWeights(tf.sub(1, curve), softness),
  ], 1);
  return tf.reshape(tf.matMul(weights, snippets), [-1, snippets.shape[2]!]); // from [B, 2, E]
}

/** Scaled cosines of the pooled rows with the prompts of the rows' classes: [2 B, 2 B]. */
export function promptLogits(
  values: Values,
  { softness, guard, zeroAt }: { softness: number; guard: boolean; zeroAt?: ZeroAt },
): tf.Tensor {
  const { prompt_features: table, logit_scale: scale } = values;
  const { classes } = rowClasses(values);
  const prompts = tf.matMul(oneHot(classes, table.shape[0]), table as tf.Tensor2D); // [2 B, E]
  const unit = (x: tf.Tensor, name: string) =>
    unitVector(x, { guard, what: `loss "prompt_distribution": ${name} is`, zeroAt });
  const cosines = tf.matMul(
    unit(pooledRows(values, softness), "what is seen of a video") as tf.Tensor2D,
    unit(prompts, "the prompt of a class") as tf.Tensor2D,
    false,
    true,
  );
  return tf.mul(cosines, tf.exp(scale));
}
