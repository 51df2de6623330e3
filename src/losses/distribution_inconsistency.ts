/**
 * Loss `distribution_inconsistency`: over the frames of an abnormal video, being like its class and
 * being like normality point in different directions.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, eq. 12: the cosine of both curves. Whether they are
 * stretched first is open.
 *
 * Requires similarity.normal and similarity.own [B, T]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { minMax } from "../ops/min_max/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  min_max: z.boolean().default(false).describe(
    "both curves are stretched to 0..1 first; open in the paper",
  ),
});

/** Least length of a curve, PyTorch's. */
const SHORTEST = 1e-8;

export const distributionInconsistency: LossTerm<z.infer<typeof config>> = {
  name: "distribution_inconsistency",
  summary: "likeness to the class and to normality differ over an abnormal video",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 12",
  config,
  requires: { "similarity.normal": "B T", "similarity.own": "B T" },
  build: ({ min_max: stretched }) => (values) => {
    const [own, normal] = ["similarity.own", "similarity.normal"].map((port) => {
      const curves = sideOf(values[port], "abnormal"); // [n, T]
      return stretched ? minMax(curves) : curves;
    });
    const lengths = tf.mul(
      tf.maximum(l2Norm(own), SHORTEST),
      tf.maximum(l2Norm(normal), SHORTEST),
    );
    return tf.mean(tf.div(tf.sum(tf.mul(own, normal), 1), lengths)) as tf.Scalar;
  },
};
