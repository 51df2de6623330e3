/**
 * Loss `pseudo_label_bce`: binary cross entropy of every frame's score with its pseudo label.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, eq. 13, whose printed formula is said to have score and
 * label swapped: `swapped` computes that, with PyTorch's floor of -100 under the logarithms of 0.
 *
 * Requires scores [B, T, 1] in [0, 1]; pseudo_labels [B, T] of 0 and 1
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  swapped: z.boolean().default(false).describe(
    "true: the logarithms are those of the labels, as the paper is said to print it; open in the paper",
  ),
});

/** What -log is at 0. */
const LOG_OF_ZERO = 100;

export const pseudoLabelBce: LossTerm<z.infer<typeof config>> = {
  name: "pseudo_label_bce",
  summary: "cross entropy of every frame's score with its pseudo label",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 13",
  config,
  requires: { scores: "B T 1 : unit", pseudo_labels: "B T" },
  build: ({ swapped }) => ({ scores, pseudo_labels: labels }) => {
    const rows = tf.squeeze(scores, [2]); // [2n, T]
    if (!swapped) return binaryCrossEntropy(rows, labels);
    // Of labels 0 and 1 one logarithm is 0, the other that of 0.
    const wrong = tf.sub(tf.add(rows, labels), tf.mul(2, tf.mul(rows, labels))); // |score - label|
    return tf.mul(LOG_OF_ZERO, tf.mean(wrong)) as tf.Scalar;
  },
};
