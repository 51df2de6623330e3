/**
 * Loss `memory_abnormal_hit`: in every abnormal video the abnormal memory knows some snippets.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, A_loss): cross
 * entropy between the mean of the k = T / 16 + 1 largest activations and 1.
 *
 * Requires memory.abnormal [B, T] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { sideOf } from "../contract/halves.ts";
import { bestMean } from "./topk_bce.ts";

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe("the best T / this + 1 snippets count"),
});

export const memoryAbnormalHit: LossTerm<z.infer<typeof config>> = {
  name: "memory_abnormal_hit",
  summary: "the abnormal memory knows some snippets of every abnormal video",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { "memory.abnormal": "B T : unit" },
  build: ({ divisor }) => (values) => {
    const best = bestMean(sideOf(values["memory.abnormal"], "abnormal"), divisor); // [n]
    return binaryCrossEntropy(best, tf.onesLike(best));
  },
};
