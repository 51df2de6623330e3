/**
 * Loss `memory_abnormal_miss`: the abnormal memory knows no snippet of the normal videos.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, A_Nloss): cross
 * entropy with 0 over all snippets, without a selection.
 *
 * Requires memory.abnormal [B, T] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
});

export const memoryAbnormalMiss: LossTerm<z.infer<typeof config>> = {
  name: "memory_abnormal_miss",
  summary: "the abnormal memory knows no snippet of the normal videos",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { "memory.abnormal": "B T : unit" },
  build: () => (values) => {
    const known = sideOf(values["memory.abnormal"], "normal"); // [n, T]
    return binaryCrossEntropy(known, tf.zerosLike(known));
  },
};
