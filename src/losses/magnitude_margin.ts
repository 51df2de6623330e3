/**
 * Loss `magnitude_margin`: selected abnormal features are long, selected normal ones short.
 *
 * Source: RTFM, Tian et al., ICCV 2021, section 3.2; tianyu0207/RTFM:train.py. For each crop and
 * pair of videos, with a and b the norms of the mean selected feature: (|margin - a| + b)^2, then
 * the mean.
 *
 * Requires selected.features [B, N, K, C], normal videos first; the i-th normal is paired with the
 * i-th abnormal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(1e-4).describe("factor of the term in the loss"),
  margin: z.number().default(100).describe("norm that abnormal features should reach"),
});

export const magnitudeMargin: LossTerm<z.infer<typeof config>> = {
  name: "magnitude_margin",
  summary: "selected abnormal features reach a norm, normal ones stay short",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:train.py",
  config,
  requires: { "selected.features": "B N K C" },
  build: ({ margin }) => (values) => {
    const norms = l2Norm(tf.mean(values["selected.features"], 2)); // [2n, N]
    const normal = sideOf(norms, "normal"); // [n, N]
    const gap = tf.sub(margin, sideOf(norms, "abnormal"));
    const distance = tf.mul(gap, tf.sign(gap)); // |gap|, with gradient 0 at 0
    return tf.mean(tf.square(tf.add(distance, normal))) as tf.Scalar;
  },
};
