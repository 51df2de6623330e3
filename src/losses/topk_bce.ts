/**
 * Loss `topk_bce`: binary cross entropy between the mean of a video's best scores and its label.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, loss_att). k = T / 16
 * + 1. GS-MoE, D'Amicantonio et al., ICCV 2025, takes k = max(T / 16, 1) and keeps the mean 1e-6
 * away from 0 and 1.
 *
 * Requires scores [B, T, 1] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { topKMean } from "../ops/top_k_mask/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe("the best T / this + extra snippets count"),
  extra: z.int().min(0).default(1).describe("snippets that count beside T / divisor of them"),
  clamp: z.number().min(0).lt(0.5).default(0).describe(
    "the mean stays this far from 0 and 1; beyond it has no gradient",
  ),
});

export const topkBce: LossTerm<z.infer<typeof config>> = {
  name: "topk_bce",
  summary: "cross entropy of the mean of the best scores with the video label",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { scores: "B T 1 : unit" },
  build: ({ divisor, extra, clamp }) => ({ scores }) => {
    const rows = tf.squeeze(scores, [2]); // [2n, T]
    const n = rows.shape[0] / 2;
    const best = bestMean(rows, divisor, extra); // [2n]
    return binaryCrossEntropy(
      clamp > 0 ? tf.clipByValue(best, clamp, 1 - clamp) : best,
      tf.concat([tf.zeros([n]), tf.ones([n])]),
    );
  },
};

/** x [..., T] -> [...], the mean of the T / divisor + extra largest: at least one, at most all. */
export function bestMean(x: tf.Tensor, divisor: number, extra = 1): tf.Tensor {
  const T = x.shape.at(-1)!;
  return topKMean(x, Math.min(T, Math.max(1, Math.floor(T / divisor) + extra)));
}
