/**
 * Loss `latent_kl`: the variational reading of normal snippets stays near the standard normal
 * distribution.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023, section 3.3; henrryzh1/UR-DMU:model.py (latent_loss):
 * mean over rows and channels of -1/2 sum over time of 1 + lv - mu^2 - exp(lv). The official sum
 * runs over time, not over channels.
 *
 * Requires latent.mean, latent.log_variance [P, N, T, C]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";

const config = z.strictObject({
  weight: z.number().default(1e-3).describe("factor of the term in the loss"),
});

export const latentKl: LossTerm<z.infer<typeof config>> = {
  name: "latent_kl",
  summary: "latent variables stay near the standard normal distribution",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:model.py",
  config,
  requires: { "latent.mean": "P N T C", "latent.log_variance": "P N T C" },
  build: () => (values) => {
    const mean = values["latent.mean"], logVariance = values["latent.log_variance"];
    const each = tf.sub(
      tf.add(tf.square(mean), tf.exp(logVariance)),
      tf.add(1, logVariance),
    ); // [P, N, T, C]
    const perSnippet = tf.mean(each, 3); // [P, N, T], first: one long float32 sum loses digits
    const perRow = tf.sum(perSnippet, 2); // [P, N]
    return tf.mul(tf.mean(perRow), 0.5) as tf.Scalar;
  },
};
