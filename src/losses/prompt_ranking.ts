/**
 * Losses `normal_prompt_ranking` and `abnormal_prompt_ranking`: the best frame for the text that a
 * video belongs to lies a margin above the best one for any text that it does not.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, eq. 10, 11. A normal video belongs to the normal prompt;
 * an abnormal one to its own class, and in part to the normal prompt, two hinges that add up. The
 * others are all classes of anomaly but its own.
 *
 * Requires similarity.normal [B, T]; similarity.text [B, T, K]; of abnormal videos similarity.own
 * [B, T] and own_classes [B, K]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm, Values } from "../contract/slot.ts";
import { bagMax } from "../ops/bag_max/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  margin: z.number().default(1).describe("distance of the best cosines"),
});
type Config = z.infer<typeof config>;

/** More than cosines can differ. */
const OUT_OF_REACH = 4;

/**
 * Largest cosine of each video with a class of anomaly, those at the ones of `left` [n, K] left
 * out: [n].
 */
function bestOther(toText: tf.Tensor, left?: tf.Tensor): tf.Tensor {
  const [n, T, K] = toText.shape;
  const counted = left
    ? tf.sub(toText, tf.mul(tf.reshape(left, [n, 1, K!]), OUT_OF_REACH))
    : toText;
  const anomalies = tf.slice(counted, [0, 0, 1], [n, T!, K! - 1]);
  return bagMax(tf.reshape(anomalies, [n, T! * (K! - 1)]));
}

/** mean over the videos of relu(margin - best own + best other). */
function hinge(own: tf.Tensor, other: tf.Tensor, margin: number): tf.Scalar {
  return tf.mean(tf.relu(tf.add(tf.sub(other, bagMax(own)), margin))) as tf.Scalar;
}

export const normalPromptRanking: LossTerm<Config> = {
  name: "normal_prompt_ranking",
  summary: "normal videos are nearer to the normal prompt than to any anomaly's text",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 10",
  config,
  requires: { "similarity.normal": "B T", "similarity.text": "B T K" },
  build: ({ margin }) => (values) => {
    const [toNormal, toText] = halves(values, "normal", "similarity.normal", "similarity.text");
    return hinge(toNormal, bestOther(toText), margin);
  },
};

export const abnormalPromptRanking: LossTerm<Config> = {
  name: "abnormal_prompt_ranking",
  summary:
    "abnormal videos are nearer to their class and to the normal prompt than to other classes",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 11",
  config,
  requires: {
    "similarity.normal": "B T",
    "similarity.text": "B T K",
    "similarity.own": "B T",
    own_classes: "B K",
  },
  build: ({ margin }) => (values) => {
    const [toNormal, toText, toOwn, own] = halves(
      values,
      "abnormal",
      ...["similarity.normal", "similarity.text", "similarity.own", "own_classes"],
    );
    const other = bestOther(toText, own);
    return tf.add(hinge(toOwn, other, margin), hinge(toNormal, other, margin));
  },
};

function halves(values: Values, side: "normal" | "abnormal", ...ports: string[]): tf.Tensor[] {
  return ports.map((port) => sideOf(values[port], side));
}
