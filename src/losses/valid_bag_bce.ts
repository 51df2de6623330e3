/**
 * Loss `valid_bag_bce`: binary cross entropy of one value of each video with its label: of a normal
 * video its best valid score, of an abnormal one the mean of the best.
 *
 * Source: PEL4VAD, Pu et al., IEEE TIP 2024, arXiv 2306.14451; yujiangpu20/PEL4VAD (CLAS). Golden
 * values: tests/golden/pel4vad.
 *
 * Requires scores [B, T, 1] in [0, 1]; lengths [B], padding never counts; labels [B, K], column 0
 * is Normal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { bestValid } from "../ops/valid_top_k/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe(
    "the best length / this + 1 valid snippets of an abnormal video count",
  ),
});

export const validBagBce: LossTerm<z.infer<typeof config>> = {
  name: "valid_bag_bce",
  summary: "cross entropy of the best valid score, of abnormal videos their mean, with the label",
  source: "PEL4VAD, Pu et al., IEEE TIP 2024; yujiangpu20/PEL4VAD",
  config,
  requires: { scores: "B T 1 : unit", lengths: "B", labels: "B K" },
  build: ({ divisor }) => ({ scores, lengths, labels }) => {
    const { values, counts, count } = bestValid(tf.squeeze(scores, [2]), lengths, divisor);
    const B = values.shape[0];
    const mean = tf.div(tf.sum(tf.mul(values, counts), 1), tf.squeeze(count, [1])); // [B]
    const largest = tf.squeeze(tf.slice(values, [0, 0], [B, 1]), [1]); // [B]
    const normal = tf.squeeze(tf.slice(labels, [0, 0], [B, 1]), [1]);
    const value = tf.where(tf.greater(normal, 0.5), largest, mean);
    return binaryCrossEntropy(value, tf.sub(1, normal));
  },
};
