/**
 * Loss `sparsity`: anomalies are rare, so scores are small.
 *
 * Source: Sultani et al., CVPR 2018: the sum of all abnormal scores. RTFM, Tian et al., ICCV 2021:
 * one L2 norm of all abnormal scores (gradient 0 when all are 0); MGFN's official code takes the
 * normal half.
 *
 * Requires scores [B, T, 1]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(8e-5).describe("factor of the term in the loss"),
  over: z.enum(["abnormal", "normal", "all"]).default("abnormal").describe("videos that count"),
  measure: z.enum(["sum", "l2_norm"]).default("sum").describe("how the scores are taken together"),
});

export const sparsity: LossTerm<z.infer<typeof config>> = {
  name: "sparsity",
  summary: "scores of the abnormal videos are small",
  source: "Sultani et al., CVPR 2018; tianyu0207/RTFM:train.py",
  config,
  requires: { scores: "B T 1" },
  build: ({ over, measure }) => ({ scores }) => {
    const chosen = tf.reshape(sideOf(scores, over), [-1]);
    return (measure === "sum" ? tf.sum(chosen) : l2Norm(chosen)) as tf.Scalar;
  },
};
