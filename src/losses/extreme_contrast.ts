/**
 * Loss `extreme_contrast`: the snippets of highest and of lowest score of a video are pushed away
 * from all others of their video.
 *
 * Source: ProDisc-VAD, Zhu et al., 2025, arXiv 2505.02179; modadundun/ProDisc-VAD (PIDE loss). The
 * official code makes the likeness of all pairs of snippets, of which only the rows of the two are
 * read; these alone are made here.
 * Golden values: tests/golden/prodisc.
 *
 * Padding is among the others, as in the official code, so how far a batch is padded is part of the
 * numbers.
 *
 * Requires encoded [B, N, T, C], the crops of a video with its scores; scores [B, T, 1]; lengths
 * [B]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { detach } from "../ops/kernel/detach.ts";
import { gatherSnippets, topKIndices } from "../ops/top_k/op.ts";
import { unitLength } from "../ops/unit_vector/op.ts";
import { onlyValid } from "../ops/valid_top_k/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  temperature: z.number().positive().default(0.1).describe("divisor of the cosines"),
});

/** Added to sums of exponentials and to the number of snippets, as in the official code. */
const EPSILON = 1e-8;

export const extremeContrast: LossTerm<z.infer<typeof config>> = {
  name: "extreme_contrast",
  summary: "the snippets of highest and lowest score are unlike all others of their video",
  source: "ProDisc-VAD, Zhu et al., 2025; modadundun/ProDisc-VAD",
  config,
  requires: { encoded: "B N T C", scores: "B T 1 : unit", lengths: "B" },
  build: ({ temperature }) => ({ encoded, scores, lengths }) => {
    const index = extremes(scores, lengths); // [B, 2]
    const [highest, lowest] = tf.split(index, 2, 1);
    const apart = tf.cast(tf.notEqual(highest, lowest), "float32"); // [B, 1]
    // One snippet that is both counts once.
    const marks = tf.concat([apart, tf.onesLike(apart)], 1); // [B, 2]

    const [B, N, T, C] = encoded.shape as [number, number, number, number];
    const unit = unitLength(encoded);
    const rows = tf.reshape(gatherSnippets(unit, index), [B * N, 2, C]);
    const all = tf.reshape(unit, [B * N, T, C]);
    const likeness = tf.div(tf.matMul(rows, all, false, true), temperature); // [B N, 2, T]
    const own = tf.div(tf.sum(tf.square(rows), 2), temperature); // [B N, 2]
    const others = tf.log(tf.add(tf.sum(tf.exp(likeness), 2), EPSILON)); // [B N, 2]
    const crops = tf.mean(tf.reshape(tf.sub(others, own), [B, N, 2]), 1); // [B, 2]
    return tf.div(tf.sum(tf.mul(crops, marks)), tf.add(tf.sum(marks), EPSILON)) as tf.Scalar;
  },
};

/** Where each video's highest and lowest valid score stand, the first of equals: int32 [B, 2]. */
export function extremes(scores: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
  const curves = detach(tf.squeeze(scores, [2])); // [B, T]
  return tf.concat([
    topKIndices(onlyValid(curves, lengths), 1),
    topKIndices(onlyValid(tf.neg(curves), lengths), 1),
  ], 1);
}
