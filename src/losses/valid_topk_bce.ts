/**
 * Loss `valid_topk_bce`: binary cross entropy between the mean of a video's best valid scores and
 * its label.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024, arXiv 2308.11681; nwpu-zxr/VadCLIP:src/ucf_train.py
 * (CLAS2).
 * Differs from the official code: nothing. Golden values: tests/golden/vadclip.
 *
 * Requires scores [B, T, 1] in [0, 1]; lengths [B], padding never counts; labels [B, K], column 0
 * is Normal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { validTopKMean } from "../ops/valid_top_k/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe(
    "the best length / this + 1 valid snippets of a video count",
  ),
});

export const validTopkBce: LossTerm<z.infer<typeof config>> = {
  name: "valid_topk_bce",
  summary: "cross entropy of the mean of the best valid scores with the video label",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/ucf_train.py (CLAS2)",
  config,
  requires: { scores: "B T 1 : unit", lengths: "B", labels: "B K" },
  build: ({ divisor }) => ({ scores, lengths, labels }) => {
    const best = validTopKMean(tf.squeeze(scores, [2]), lengths, divisor); // [B]
    const normal = tf.slice(labels, [0, 0], [labels.shape[0], 1]); // [B, 1]
    return binaryCrossEntropy(best, tf.sub(1, tf.squeeze(normal, [1])));
  },
};
