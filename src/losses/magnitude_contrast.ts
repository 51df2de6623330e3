/**
 * Loss `magnitude_contrast`: the lengths of selected abnormal features lie a margin away from those
 * of normal ones.
 *
 * Source: MGFN, Chen et al., AAAI 2023, section 3.4; carolchenyx/MGFN:train.py. For each crop and
 * pair of videos max(0, margin - d)^2, d the distance of the L1 norms of their k selected features,
 * then the mean.
 *
 * Requires selected.features [B, N, K, C], normal videos first; the i-th normal is paired with the
 * i-th abnormal
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { lengthDistance, selectedRows } from "./selected_rows.ts";

const config = z.strictObject({
  weight: z.number().default(1e-6).describe("factor of the term in the loss (0.001 x 0.001)"),
  margin: z.number().default(200).describe("distance beyond which a pair costs nothing"),
});

export const magnitudeContrast: LossTerm<z.infer<typeof config>> = {
  name: "magnitude_contrast",
  summary: "lengths of selected abnormal and normal features lie a margin apart",
  source: "MGFN, Chen et al., AAAI 2023; carolchenyx/MGFN:train.py",
  config,
  requires: { "selected.features": "B N K C" },
  build: ({ margin }) => (values) => {
    const features = values["selected.features"];
    const abnormal = selectedRows(features, "abnormal"); // [N n, K, C]
    const normal = selectedRows(features, "normal");
    const gap = tf.relu(tf.sub(margin, lengthDistance(abnormal, normal))); // [N n]
    return tf.mean(tf.square(gap)) as tf.Scalar;
  },
};
