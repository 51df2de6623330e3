/**
 * Loss `topk_bce`: binary cross entropy between the mean of a video's best scores and its label.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, loss_att). k = T / 16 + 1.
 *
 * Requires scores [B, T, 1] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../model/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy.ts";
import { topKMean } from "../ops/top_k_mask.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe("the best T / this + 1 snippets count"),
});

export const topkBce: LossTerm<z.infer<typeof config>> = {
  name: "topk_bce",
  summary: "cross entropy of the mean of the best scores with the video label",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { scores: "B T 1 : unit" },
  build: ({ divisor }) => ({ scores }) => {
    const rows = tf.squeeze(scores, [2]); // [2n, T]
    const n = rows.shape[0] / 2;
    return binaryCrossEntropy(
      bestMean(rows, divisor),
      tf.concat([tf.zeros([n]), tf.ones([n])]),
    );
  },
};

/** x [B, T] -> [B], the mean of the T / divisor + 1 largest (all, where that is more than T). */
export function bestMean(x: tf.Tensor, divisor: number): tf.Tensor {
  const T = x.shape[1]!;
  return topKMean(x, Math.min(T, Math.floor(T / divisor) + 1));
}
