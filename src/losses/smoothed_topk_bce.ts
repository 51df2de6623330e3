/**
 * Loss `smoothed_topk_bce`: binary cross entropy of the best valid scores of all videos, in one
 * list, with the labels of their videos. A long video has more of them and weighs more.
 *
 * Source: ProDisc-VAD, Zhu et al., 2025, arXiv 2505.02179; modadundun/ProDisc-VAD (MIL loss).
 * Differs from the official code: nothing. Golden values: tests/golden/prodisc.
 *
 * Requires scores [B, T, 1] in [0, 1]; lengths [B], padding never counts; labels [B, K], column 0
 * is Normal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { bestValid } from "../ops/valid_top_k/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(6).describe(
    "the best length / this valid snippets of a video count, rounded up",
  ),
  smoothing: z.number().min(0).lt(1).default(1e-5).describe(
    "share by which the labels are drawn to one over the number of scores",
  ),
});

export const smoothedTopkBce: LossTerm<z.infer<typeof config>> = {
  name: "smoothed_topk_bce",
  summary: "cross entropy of the best valid scores, all in one list, with smoothed video labels",
  source: "ProDisc-VAD, Zhu et al., 2025; modadundun/ProDisc-VAD",
  config,
  requires: { scores: "B T 1 : unit", lengths: "B", labels: "B K" },
  build: ({ divisor, smoothing }) => ({ scores, lengths, labels }) => {
    const best = bestValid(tf.squeeze(scores, [2]), lengths, divisor, "ceil"); // [B, most]
    const selected = tf.sum(best.count); // M
    const abnormal = tf.sub(1, tf.slice(labels, [0, 0], [labels.shape[0], 1])); // [B, 1]
    const target = tf.add(tf.mul(abnormal, 1 - smoothing), tf.div(smoothing, selected));
    // A score of 0 with a target of 0 adds nothing to the sum and has no gradient.
    const mean = binaryCrossEntropy(
      tf.mul(best.values, best.counts),
      tf.mul(target, best.counts),
    );
    return tf.div(tf.mul(mean, best.values.size), selected) as tf.Scalar;
  },
};
