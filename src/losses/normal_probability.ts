/**
 * Loss `normal_probability`: the scores of normal videos are small, measured by their L2 norm over
 * time.
 *
 * Source: BN-WVAD, Zhou et al., arXiv 2311.15367, section 3.4;
 * cool-xuan/BN-WVAD:losses/normal_loss.py. Mean over the normal videos (each crop counts as one);
 * the gradient is 0 where all scores of a video are 0.
 *
 * Requires probability [B, N, T], normal videos first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
});

export const normalProbability: LossTerm<z.infer<typeof config>> = {
  name: "normal_probability",
  summary: "scores of normal videos are small, as a norm over time",
  source: "BN-WVAD, Zhou et al., arXiv 2311.15367; cool-xuan/BN-WVAD:losses/normal_loss.py",
  config,
  requires: { probability: "B N T : unit" },
  build: () => ({ probability }) => tf.mean(l2Norm(sideOf(probability, "normal"))) as tf.Scalar, // mean of [P, N]
};
