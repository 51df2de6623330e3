/**
 * Loss `memory_triplet`: what looks normal in abnormal videos lies nearer to the normal videos than
 * what looks abnormal.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023, section 3.2; henrryzh1/UR-DMU:model.py (triplet margin
 * loss of unit vectors a, p, q): mean of max(0, d(a, p) - d(a, q) + margin), d(u, v) the length of
 * u - v + 1e-6.
 *
 * Requires anchor, positive, negative [P, C]. A vector of zeros makes it NaN, as in the official
 * code; with guard_sqrt it counts as zeros.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { unitVector } from "../ops/unit_vector/op.ts";

/** PyTorch adds it to every component of a difference. */
const DISTANCE_EPSILON = 1e-6;

const config = z.strictObject({
  weight: z.number().default(0.1).describe("factor of the term in the loss"),
  margin: z.number().default(1).describe("how much nearer the positive must be than the negative"),
});

export const memoryTriplet: LossTerm<z.infer<typeof config>> = {
  name: "memory_triplet",
  summary:
    "normal-looking snippets of abnormal videos lie nearer to normal videos than the abnormal",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:model.py",
  config,
  requires: { anchor: "P C", positive: "P C", negative: "P C" },
  build: ({ margin }, { guardSqrt: guard }) => ({ anchor, positive, negative }, { zeroAt }) => {
    const [a, p, q] = Object.entries({ anchor, positive, negative }).map(([name, x]) =>
      unitVector(x, { guard, what: `loss "memory_triplet": the ${name} is`, zeroAt })
    ); // [P, C]
    const hinge = tf.relu(tf.add(tf.sub(distance(a, p), distance(a, q)), margin)); // [P]
    return tf.mean(hinge) as tf.Scalar;
  },
};

/** u, v [P, C] -> [P]. */
function distance(u: tf.Tensor, v: tf.Tensor): tf.Tensor {
  return l2Norm(tf.add(tf.sub(u, v), DISTANCE_EPSILON));
}
