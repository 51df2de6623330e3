/**
 * Head `mlp`: dense layers score every snippet on its own.
 *
 * Source: Sultani et al., CVPR 2018, arXiv 1801.04264; WaqasSultani/AnomalyDetectionCVPR2018.
 * Differs from the official code: nothing. Golden values: tests/golden/mil.
 *
 * Requires encoded [B, N, T, C], any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged; hidden_1, hidden_2, ... [B, N, T, width],
 * after
 *          the activation and, in training, dropout
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { glorotNormal, xavierUniform } from "../nn/initialisers.ts";
import { scoreMlp } from "../nn/score_mlp.ts";

const initialisers = { glorot_normal: glorotNormal, xavier_uniform: xavierUniform };

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([512, 32]).describe(
    "widths of the hidden layers",
  ),
  activations: z.array(z.enum(["relu", "none"])).default(["relu", "none"]).describe(
    "one for each hidden layer; official: the second is linear",
  ),
  dropout: z.number().min(0).lt(1).default(0.6).describe("dropout after each hidden layer"),
  init: z.enum(["glorot_normal", "xavier_uniform"]).default("glorot_normal").describe(
    "starting weights; biases start at 0",
  ),
}).refine(({ hidden, activations }) => hidden.length === activations.length, {
  error: ({ input }) => {
    const { hidden, activations } = input as { hidden: number[]; activations: string[] };
    return `expected an activation for each hidden layer, found ${activations.length} in activations and ${hidden.length} in hidden; set both`;
  },
});

export const mlp: Slot<z.infer<typeof config>> = {
  name: "mlp",
  summary: "dense layers score every snippet on its own",
  source: "Sultani et al., CVPR 2018; WaqasSultani/AnomalyDetectionCVPR2018",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores"],
  provides: () => ({ scores: "B T 1 : unit" }),
  build({ hidden, activations, dropout, init }, scope, { C }) {
    const score = scoreMlp(scope, {
      inputs: C,
      hidden,
      activations,
      dropout,
      initialiser: initialisers[init],
    });
    return ({ encoded }, context) => {
      const { hidden: layers, scores } = score(encoded, context); // [B, N, T, 1]
      return {
        ...Object.fromEntries(layers.map((layer, i) => [`hidden_${i + 1}`, layer])),
        scores: tf.mean(scores, 1), // [B, T, 1]
      };
    };
  },
};
