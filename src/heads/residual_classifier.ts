/**
 * Head `residual_classifier`: one linear score of each snippet, behind a residual feed-forward
 * part.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024, arXiv 2308.11681; nwpu-zxr/VadCLIP:src/model.py (mlp2,
 * classifier).
 * Differs from the official code: nothing. Golden values: tests/golden/vadclip.
 *
 * Requires encoded [B, N, T, C], any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged; score_logits [B, N, T, 1] before the sigmoid
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { quickGeluMlp } from "../nn/quick_gelu_mlp.ts";
import { linearLayer } from "../nn/torch_layers.ts";

const config = z.strictObject({
  expansion: z.int().positive().default(4).describe("inner width by that of a snippet"),
});

export const residualClassifier: Slot<z.infer<typeof config>> = {
  name: "residual_classifier",
  summary: "a residual feed-forward part and one linear score of each snippet",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/model.py",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores", "score_logits"],
  provides: () => ({ scores: "B T 1 : unit", score_logits: "B N T 1" }),
  build({ expansion }, scope, { C }) {
    const refine = quickGeluMlp(scope, "mlp2", C, expansion * C);
    const classify = linearLayer(scope, "classifier", C, 1);
    return ({ encoded }) => {
      const logits = classify(tf.add(encoded, refine(encoded))); // [B, N, T, 1]
      return { score_logits: logits, scores: tf.mean(tf.sigmoid(logits), 1) };
    };
  },
};
