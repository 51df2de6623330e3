/**
 * Head `causal_classifier`: one score of each snippet from itself and those just before it.
 *
 * Source: PEL4VAD, Pu et al., IEEE TIP 2024, arXiv 2306.14451; yujiangpu20/PEL4VAD (classifier,
 * logit_scale). The scale is used by the loss `prompt_distribution` alone; the official checkpoint
 * has it beside the classifier.
 * Golden values: tests/golden/pel4vad.
 *
 * Requires encoded [B, N, T, C], any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged; logit_scale [1], the logarithm of an inverse
 * temperature
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { constantOf, uniformWithin, xavierUniform } from "../nn/initialisers.ts";
import { linear } from "../ops/linear/op.ts";

const config = z.strictObject({
  kernel: z.int().positive().default(9).describe(
    "snippets that a score sees: its own and those before it; official: 3 on XD-Violence and ShanghaiTech",
  ),
  temperature: z.number().positive().default(0.09).describe(
    "start of the learned divisor of the prompts' cosines; official: 0.05 on XD-Violence, 0.2 on ShanghaiTech",
  ),
});

export const causalClassifier: Slot<z.infer<typeof config>> = {
  name: "causal_classifier",
  summary: "one score of each snippet from itself and those just before it",
  source: "PEL4VAD, Pu et al., IEEE TIP 2024; yujiangpu20/PEL4VAD",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores", "logit_scale"],
  provides: () => ({ scores: "B T 1 : unit", logit_scale: "1" }),
  build({ kernel, temperature }, scope, { C }) {
    const weight = scope.parameter("classifier.weight", [1, C, kernel], xavierUniform);
    const bias = scope.parameter(
      "classifier.bias",
      [1],
      uniformWithin(1 / Math.sqrt(C * kernel)),
    );
    const scale = scope.parameter("logit_scale", [], constantOf(Math.log(1 / temperature)));
    return ({ encoded }) => {
      const [B, N, T] = encoded.shape as [number, number, number];
      const taps = tf.transpose(tf.reshape(weight, [C, kernel])); // [kernel, C], the oldest first
      const products = tf.reshape(linear(encoded, taps), [B * N, T, kernel]);
      // Before the first snippet stand zeros.
      const padded = tf.pad(products, [[0, 0], [kernel - 1, 0], [0, 0]]);
      const logits = tf.add(
        tf.addN(
          Array.from({ length: kernel }, (_, k) => tf.slice(padded, [0, k, k], [B * N, T, 1])),
        ),
        bias,
      );
      return {
        scores: tf.mean(tf.sigmoid(tf.reshape(logits, [B, N, T, 1])), 1),
        logit_scale: tf.reshape(scale, [1]),
      };
    };
  },
};
