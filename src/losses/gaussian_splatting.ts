/**
 * Loss `gaussian_splatting`: the scores of the abnormal videos against their own peaks, spread over
 * the slopes.
 *
 * Source: GS-MoE, D'Amicantonio et al., ICCV 2025, arXiv 2508.06318; no official code was released,
 * jinmang2/wsad is followed. Golden values: tests/golden/gs_moe. The modes of sigma:
 * src/ops/gaussian_splat/op.ts.
 *
 * Requires scores [B, T, 1] in [0, 1], normal videos first. 0 before epoch `from_epoch`
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { gaussianSplat, peaksOf, sigmaModes } from "../ops/gaussian_splat/op.ts";
import { sideOf } from "../contract/halves.ts";

/** The scores stay this far from 0 and 1. */
const CLAMP = 1e-6;

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  sigma_mode: z.enum(sigmaModes).default("index_std").describe(
    "width of a peak: index_std: distance in snippets over the scores' deviation, as jinmang2/wsad; score_std: distance in scores over it; index_width: distance in snippets over the slope's length",
  ),
  prominence: z.number().min(0).default(0.2).describe(
    "a peak is more than this above the lowest of its neighbours",
  ),
  neighbours: z.int().positive().max(10_000).default(2).describe(
    "snippets on either side of a peak",
  ),
  sigma_floor: z.number().positive().default(1e-3).describe("least deviation of the scores"),
  from_epoch: z.int().min(0).default(1).describe("epochs, from 0, in which the term counts"),
});
type Config = z.infer<typeof config>;

export const gaussianSplatting: LossTerm<Config> = {
  name: "gaussian_splatting",
  summary: "scores of abnormal videos follow their own peaks, spread over the slopes",
  source: "GS-MoE, D'Amicantonio et al., ICCV 2025; jinmang2/wsad",
  config,
  requires: { scores: "B T 1 : unit" },
  phase: ({ from_epoch: start }, { epoch }) => epoch < start ? "off" : "on",
  build: (settings) => ({ scores }, { epoch }) => {
    if (epoch < settings.from_epoch) return tf.scalar(0);
    return splattingLoss(tf.squeeze(sideOf(scores, "abnormal"), [2]), settings);
  },
};

export type SplattingSettings = Omit<Config, "weight" | "from_epoch">;

/** curves [n, T] -> what each score should be, [n, T] in [0, 1], without a gradient. */
export function splattedTarget(curves: tf.Tensor, settings: SplattingSettings): tf.Tensor {
  const { sigma_mode: mode, sigma_floor: sigmaFloor } = settings;
  return gaussianSplat(curves, peaksOf(curves, settings), { mode, sigmaFloor });
}

/** curves [n, T] in [0, 1] -> mean cross entropy with their own splatted targets. */
export function splattingLoss(curves: tf.Tensor, settings: SplattingSettings): tf.Scalar {
  const target = splattedTarget(curves, settings);
  return binaryCrossEntropy(tf.clipByValue(curves, CLAMP, 1 - CLAMP), target);
}
