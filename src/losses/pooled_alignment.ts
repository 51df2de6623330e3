/**
 * Losses `event_alignment` and `background_alignment`: what stands out of a video has its class,
 * and what does not is Normal, whatever the video; cross entropies with smoothed targets.
 *
 * Source: DSANet, Yin et al., AAAI 2026, arXiv 2511.10334; lessiYin/DSANet (loss4, loss5). Golden
 * values: tests/golden/dsanet.
 *
 * Require event_logits or background_logits [B, K]; the first also labels [B, K]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";

const smoothing = z.number().min(0).lt(1).default(0.1).describe(
  "share of the target that all classes have alike",
);
const weight = z.number().default(1).describe("factor of the term in the loss");

const eventConfig = z.strictObject({ weight, smoothing });
const backgroundConfig = z.strictObject({
  weight,
  smoothing,
  floor: z.number().min(0).default(0.01).describe(
    "of each other class beside the 1 of Normal, before they are made to sum to 1",
  ),
});

/** A video without a class has a row of zeros, not of NaN. */
const LEAST_SUM = 1e-6;

/**
 * Shares [..., K], made to sum to 1, and of that `1 - smoothing` beside the part that all classes
 * have.
 */
function smoothed(shares: tf.Tensor, smoothing: number): tf.Tensor {
  const sum = tf.maximum(tf.sum(shares, -1, true), LEAST_SUM);
  return tf.add(tf.mul(tf.div(shares, sum), 1 - smoothing), smoothing / shares.shape.at(-1)!);
}

function crossEntropy(logits: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1))) as tf.Scalar;
}

export const eventAlignment: LossTerm<z.infer<typeof eventConfig>> = {
  name: "event_alignment",
  summary: "what stands out of a video has its class",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet (loss4)",
  config: eventConfig,
  requires: { event_logits: "B K", labels: "B K" },
  build: ({ smoothing }) => ({ event_logits: logits, labels }) =>
    crossEntropy(logits, smoothed(labels, smoothing)),
};

export const backgroundAlignment: LossTerm<z.infer<typeof backgroundConfig>> = {
  name: "background_alignment",
  summary: "what does not stand out of a video is Normal",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet (loss5)",
  config: backgroundConfig,
  requires: { background_logits: "B K" },
  build: ({ smoothing, floor }) => ({ background_logits: logits }) => {
    const K = logits.shape[1]!;
    const normal = tf.tensor2d([1, ...Array(K - 1).fill(floor)], [1, K]);
    return crossEntropy(logits, smoothed(normal, smoothing));
  },
};
