/**
 * Head `norm_linear`: layer norm and one linear score for every snippet.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, arXiv 2404.08531, supplement (classifier). Golden values:
 * tests/golden/tpwng.
 *
 * Requires encoded [B, N, T, C], any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { layerNorm } from "../nn/layer_norm.ts";

const config = z.strictObject({
  ln_epsilon: z.number().positive().default(1e-5).describe("added to the variance of the channels"),
});

export const normLinear: Slot<z.infer<typeof config>> = {
  name: "norm_linear",
  summary: "layer norm and one linear score for every snippet",
  source: "TPWNG, Yang et al., CVPR 2024, supplement",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores"],
  provides: () => ({ scores: "B T 1 : unit" }),
  build({ ln_epsilon: epsilon }, scope, { C }) {
    const normalise = layerNorm(scope, "head_norm", C, epsilon);
    const score = xavierLayer(scope, "head", C, 1, { activation: "sigmoid" });
    return ({ encoded }) => ({
      scores: tf.mean(score(normalise(encoded)), 1), // [B, N, T, 1] -> [B, T, 1]
    });
  },
};
