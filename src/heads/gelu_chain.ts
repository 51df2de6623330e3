/**
 * Head `gelu_chain`: dense layers with a GELU between score every snippet on its own.
 *
 * Source: ProDisc-VAD, Zhu et al., 2025, arXiv 2505.02179; modadundun/ProDisc-VAD (classifier,
 * whose dropout is never called there). Golden values: tests/golden/prodisc.
 *
 * Requires encoded [B, N, T, C], any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged; score_logits [B, N, T, 1] before the sigmoid
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { scoreChain } from "../nn/dense_chain.ts";

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([256, 128, 64]).describe(
    "widths of the hidden layers",
  ),
});

export const geluChain: Slot<z.infer<typeof config>> = {
  name: "gelu_chain",
  summary: "dense layers with GELU score every snippet on its own",
  source: "ProDisc-VAD, Zhu et al., 2025; modadundun/ProDisc-VAD",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores", "score_logits"],
  provides: () => ({ scores: "B T 1 : unit", score_logits: "B N T 1" }),
  build({ hidden }, scope, { C }) {
    const score = scoreChain(scope, "classifier", [C, ...hidden], "none");
    return ({ encoded }) => {
      const logits = score(encoded); // [B, N, T, 1]
      return { score_logits: logits, scores: tf.mean(tf.sigmoid(logits), 1) };
    };
  },
};
