/**
 * Loss `memory_normal_miss`: in every abnormal video there are snippets that the normal memory does
 * not know.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, N_Aatt): cross
 * entropy between the mean of the k = T / 16 + 1 largest of 1 - activation and 1, so the smallest
 * activations are pushed to 0.
 *
 * Requires memory.normal [B, T] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { sideOf } from "../contract/halves.ts";
import { bestMean } from "./topk_bce.ts";

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe("the T / this + 1 least known snippets count"),
});

export const memoryNormalMiss: LossTerm<z.infer<typeof config>> = {
  name: "memory_normal_miss",
  summary: "the normal memory does not know some snippets of every abnormal video",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { "memory.normal": "B T : unit" },
  build: ({ divisor }) => (values) => {
    const unknown = tf.sub(1, sideOf(values["memory.normal"], "abnormal")); // [n, T]
    const least = bestMean(unknown, divisor); // [n]
    return binaryCrossEntropy(least, tf.onesLike(least));
  },
};
