/**
 * Loss `class_alignment`: cross entropy between the classes of a video and the mean of the best
 * valid logits of each class.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024, arXiv 2308.11681; nwpu-zxr/VadCLIP:src/ucf_train.py
 * (CLASM).
 * Differs from the official code: nothing. A video of several classes (XD-Violence) shares its
 * label evenly.
 *
 * Requires class_logits [B, T, K]; lengths [B], padding never counts; labels [B, K] of 0 and 1, a 1
 * in each row
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { validTopKMean } from "../ops/valid_top_k/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  divisor: z.int().positive().default(16).describe(
    "the best length / this + 1 valid snippets count, for each class its own",
  ),
});

export const classAlignment: LossTerm<z.infer<typeof config>> = {
  name: "class_alignment",
  summary: "cross entropy of each class's best valid snippets with the classes of the video",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/ucf_train.py (CLASM)",
  config,
  requires: { class_logits: "B T K", lengths: "B", labels: "B K" },
  build: ({ divisor }) => ({ class_logits: logits, lengths, labels }) => {
    const [B, T, K] = logits.shape as [number, number, number];
    const rows = tf.reshape(tf.transpose(logits, [0, 2, 1]), [B * K, T]);
    const perClass = tf.reshape(tf.tile(tf.expandDims(lengths, 1), [1, K]), [B * K]); // int32
    const best = tf.reshape(validTopKMean(rows, perClass, divisor), [B, K]);
    const shares = tf.div(labels, tf.sum(labels, 1, true)); // [B, K]
    const perVideo = tf.sum(tf.mul(shares, tf.logSoftmax(best)), 1); // [B]
    return tf.neg(tf.mean(perVideo)) as tf.Scalar;
  },
};
