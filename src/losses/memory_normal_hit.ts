/**
 * Loss `memory_normal_hit`: the normal memory knows every snippet of the normal videos.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py (AD_Loss, N_loss): cross
 * entropy with 1 over all snippets, without a selection.
 *
 * Requires memory.normal [B, T] in [0, 1], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
});

export const memoryNormalHit: LossTerm<z.infer<typeof config>> = {
  name: "memory_normal_hit",
  summary: "the normal memory knows all snippets of the normal videos",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:train.py",
  config,
  requires: { "memory.normal": "B T : unit" },
  build: () => (values) => {
    const known = sideOf(values["memory.normal"], "normal"); // [n, T]
    return binaryCrossEntropy(known, tf.onesLike(known));
  },
};
