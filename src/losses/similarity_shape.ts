/**
 * Losses `similarity_smoothness` and `similarity_sparsity`: how alike each frame of an abnormal
 * video is to its class, stretched to 0..1, changes little from frame to frame and is small in
 * most. Sums over frames, means over videos.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, whose names for the two (L_sp, L_sm) are the other way
 * round.
 *
 * Requires similarity.own [B, T]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { minMax } from "../ops/min_max/op.ts";
import { sideOf } from "../contract/halves.ts";

function settings(weight: number) {
  return z.strictObject({
    weight: z.number().default(weight).describe("factor of the term in the loss"),
  });
}

type Config = z.infer<ReturnType<typeof settings>>;

export const similaritySmoothness: LossTerm<Config> = {
  name: "similarity_smoothness",
  summary: "neighbouring frames of an abnormal video are equally like its class",
  source: "TPWNG, Yang et al., CVPR 2024",
  config: settings(0.1),
  requires: { "similarity.own": "B T" },
  build: () => (values) => {
    const curves = minMax(sideOf(values["similarity.own"], "abnormal")); // [n, T]
    const [n, T] = curves.shape;
    if (T === 1) return tf.scalar(0);
    const next = tf.slice(curves, [0, 1], [n, T! - 1]);
    const previous = tf.slice(curves, [0, 0], [n, T! - 1]);
    return tf.mean(tf.sum(tf.square(tf.sub(previous, next)), 1)) as tf.Scalar;
  },
};

export const similaritySparsity: LossTerm<Config> = {
  name: "similarity_sparsity",
  summary: "few frames of an abnormal video are like its class",
  source: "TPWNG, Yang et al., CVPR 2024",
  config: settings(0.01),
  requires: { "similarity.own": "B T" },
  build: () => (values) => {
    const curves = minMax(sideOf(values["similarity.own"], "abnormal")); // [n, T]
    return tf.mean(tf.sum(curves, 1)) as tf.Scalar;
  },
};
