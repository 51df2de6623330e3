/**
 * Loss `smoothness`: sum of squared differences of neighbouring scores.
 *
 * Source: Sultani et al., CVPR 2018 (inside each abnormal video); RTFM, Tian et al., ICCV 2021,
 * takes the flattened abnormal scores, so that the step from one video to the next counts too.
 *
 * Requires scores [B, T, 1]; with T = 1 and no flattening it is 0
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { type Side, sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(8e-5).describe("factor of the term in the loss"),
  over: z.enum(["abnormal", "abnormal_flat", "all"]).default("abnormal").describe(
    "videos that count; abnormal_flat: also across video borders, as RTFM's official code",
  ),
});

export const smoothness: LossTerm<z.infer<typeof config>> = {
  name: "smoothness",
  summary: "squared differences of neighbouring scores",
  source: "Sultani et al., CVPR 2018; tianyu0207/RTFM:train.py",
  config,
  requires: { scores: "B T 1" },
  build: ({ over }) => ({ scores }) => {
    const side: Side = over === "all" ? "all" : "abnormal";
    const chosen = sideOf(tf.squeeze(scores, [2]), side); // [videos, T]
    const rows = over === "abnormal_flat" ? tf.reshape(chosen, [1, -1]) : chosen;
    const [videos, T] = rows.shape;
    if (T === 1) return tf.scalar(0);
    const next = tf.slice(rows, [0, 1], [videos, T! - 1]);
    const previous = tf.slice(rows, [0, 0], [videos, T! - 1]);
    return tf.sum(tf.square(tf.sub(next, previous))) as tf.Scalar;
  },
};
