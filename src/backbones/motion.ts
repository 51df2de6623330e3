/**
 * Backbone `motion`: how bright each part of the picture is, how much that changes, and how fast.
 * It has no weights, so that the way from a video to a score can be walked without a download; it
 * tells movement from rest and fast from slow, and knows nothing of what moves.
 *
 * Source: ours. For each of 8 x 8 parts of a 64 x 64 picture, grey g[t] of 16 frames: its mean, its
 * deviation, the mean of |g[t+1] - g[t]| and the largest of them.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone } from "../contract/backbone.ts";

/** Frames, rows and columns of a clip. */
const FRAMES = 16, SIDE = 64;
/** Parts of a row of the picture, and of a column. */
const PARTS = 8;
/** Shares of red, green and blue in grey (ITU-R BT.601). */
const GREY = [0.299, 0.587, 0.114];
/**
 * Changes are small beside brightness: with this factor all four are of about one size on videos of
 * surveillance cameras.
 */
const CHANGE = 8;

export const motion: Backbone<Record<string, never>> = {
  name: "motion",
  summary: "brightness and its changes in 8 x 8 parts of the picture; needs no weights",
  source: "built in, for trying things out",
  config: z.strictObject({}),
  facts: () => ({
    dim: 4 * PARTS * PARTS,
    unit: "snippet",
    snippet: FRAMES,
    textAligned: false,
    modality: "rgb",
    lineage: "motion",
    input: [FRAMES, SIDE, SIDE, 3],
    values: "RGB in 0..1",
    widest: FRAMES * SIDE * SIDE * 3,
  }),
  build: () => (clips) => {
    const N = clips.shape[0], inPart = SIDE / PARTS;
    const grey = tf.reshape( // [N 16 8, 8, 8, 8]: rows of parts, rows, parts, columns
      tf.sum(tf.mul(clips, tf.tensor1d(GREY)), -1),
      [N * FRAMES * PARTS, inPart, PARTS, inPart],
    );
    const parts = tf.reshape(tf.mean(grey, [1, 3]), [N, FRAMES, PARTS * PARTS]);
    const mean = tf.mean(parts, 1, true); // [N, 1, 64]
    const deviation = tf.sqrt(tf.mean(tf.square(tf.sub(parts, mean)), 1));
    const step = [N, FRAMES - 1, PARTS * PARTS];
    const change = tf.abs(
      tf.sub(tf.slice(parts, [0, 1, 0], step), tf.slice(parts, [0, 0, 0], step)),
    );
    const changes = [deviation, tf.mean(change, 1), tf.max(change, 1)];
    return tf.concat([tf.squeeze(mean, [1]), ...changes.map((x) => tf.mul(x, CHANGE))], 1);
  },
  placeOf: () => null,
};
