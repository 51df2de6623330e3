/**
 * Loss `memory_distance`: what is recalled for abnormal snippets is long, for normal ones short.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023, section 3.3; henrryzh1/UR-DMU:model.py (distance): mean
 * over the pairs of videos of max(0, margin - |read.abnormal| + |read.normal|).
 *
 * Requires read.normal, read.abnormal [P, C]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";

const config = z.strictObject({
  weight: z.number().default(1e-4).describe("factor of the term in the loss"),
  margin: z.number().default(100).describe("by how much the abnormal reading is longer"),
});

export const memoryDistance: LossTerm<z.infer<typeof config>> = {
  name: "memory_distance",
  summary: "what is recalled is long for abnormal snippets, short for normal ones",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:model.py",
  config,
  requires: { "read.normal": "P C", "read.abnormal": "P C" },
  build: ({ margin }) => (values) => {
    const gap = tf.sub(l2Norm(values["read.abnormal"]), l2Norm(values["read.normal"])); // [P]
    return tf.mean(tf.relu(tf.sub(margin, gap))) as tf.Scalar;
  },
};
