/**
 * Loss `expert_bce`: the best scores of each expert on the abnormal videos against whether they are
 * of its class.
 *
 * Source: GS-MoE, D'Amicantonio et al., ICCV 2025, arXiv 2508.06318; no official code was released,
 * jinmang2/wsad is followed: expert c - 1 knows class c, normal videos do not count. Golden values:
 * tests/golden/gs_moe.
 *
 * Requires expert_scores [B, E, T] in [0, 1] and class_ids [B], normal videos first. A video of a
 * class beyond the experts wants 0 of all of them
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { sideOf } from "../contract/halves.ts";
import { bestMean } from "./topk_bce.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe("the best T / this + extra snippets count"),
  extra: z.int().min(0).default(0).describe("snippets that count beside T / divisor of them"),
  clamp: z.number().min(0).lt(0.5).default(1e-6).describe("the mean stays this far from 0 and 1"),
});

export const expertBce: LossTerm<z.infer<typeof config>> = {
  name: "expert_bce",
  summary: "cross entropy of each expert's best scores with the class of the abnormal video",
  source: "GS-MoE, D'Amicantonio et al., ICCV 2025; jinmang2/wsad",
  config,
  requires: { expert_scores: "B E T : unit", class_ids: "B" },
  build: ({ divisor, extra, clamp }) => (values) => {
    const scores = sideOf(values.expert_scores, "abnormal"); // [n, E, T]
    const classes = sideOf(values.class_ids, "abnormal"); // int32 [n]
    const expert = tf.range(1, scores.shape[1]! + 1, 1, "int32"); // [E], the class that each knows
    const target = tf.cast(tf.equal(tf.expandDims(classes, 1), expert), "float32"); // [n, E]
    const best = bestMean(scores, divisor, extra); // [n, E]
    return binaryCrossEntropy(tf.clipByValue(best, clamp, 1 - clamp), target);
  },
};
