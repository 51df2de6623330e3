/**
 * Loss `text_contrast`: the text of every anomalous class stays apart from that of Normal.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024, arXiv 2308.11681; nwpu-zxr/VadCLIP:src/ucf_train.py
 * (loss3).
 * Differs from the official code: nothing; its factor (0.1 on UCF-Crime, 1e-4 on XD-Violence) is
 * the weight.
 *
 * Requires text_features [K, E] before anything of the video enters them, row 0 is Normal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { unitVector } from "../ops/unit_vector/op.ts";

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
});

export const textContrast: LossTerm<z.infer<typeof config>> = {
  name: "text_contrast",
  summary: "mean absolute cosine between the text of Normal and of each anomalous class",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/ucf_train.py (loss3)",
  config,
  requires: { text_features: "K E" },
  build: (_, { guardSqrt: guard }) => ({ text_features: text }, { zeroAt }) => {
    const [K, E] = text.shape as [number, number];
    const unit = unitVector(text, {
      guard,
      what: `loss "text_contrast": the text of a class is`,
      zeroAt,
    });
    const normal = tf.slice(unit, [0, 0], [1, E]), others = tf.slice(unit, [1, 0], [K - 1, E]);
    return tf.mean(tf.abs(tf.matMul(others, normal, false, true))) as tf.Scalar;
  },
};
