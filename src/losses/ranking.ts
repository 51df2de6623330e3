/**
 * Loss `ranking`: the best score of every abnormal video lies above that of every normal one by a
 * margin.
 *
 * Source: Sultani et al., CVPR 2018; WaqasSultani/AnomalyDetectionCVPR2018. All pairs, averaged
 * over the normal videos but summed over the abnormal ones, as the official objective.
 *
 * Requires scores [B, T, 1]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { bagMax } from "../ops/bag_max/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  margin: z.number().default(1).describe("distance between the bags"),
});

export const ranking: LossTerm<z.infer<typeof config>> = {
  name: "ranking",
  summary: "best abnormal score above best normal score by a margin, all pairs",
  source: "Sultani et al., CVPR 2018",
  config,
  requires: { scores: "B T 1" },
  build: ({ margin }) => ({ scores }) => {
    const best = bagMax(tf.squeeze(scores, [2])); // [2n]
    const normal = tf.expandDims(sideOf(best, "normal"), 1); // [n, 1]
    const abnormal = tf.expandDims(sideOf(best, "abnormal"), 0); // [1, n]
    const hinge = tf.relu(tf.add(tf.sub(normal, abnormal), margin)); // [n, n]
    return tf.mean(tf.sum(hinge, 1)) as tf.Scalar;
  },
};
