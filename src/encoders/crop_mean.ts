/**
 * Encoder `crop_mean`: no temporal model; the features are averaged over the crops.
 *
 * Source: crop handling of jinmang2/wsad for Sultani et al., CVPR 2018; the official code knows no
 * crops.
 *
 * Requires features [B, N, T, C]
 * Provides encoded [B, 1, T, C]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { cropMean } from "../ops/crop_mean/op.ts";

const config = z.strictObject({});

export const cropMeanEncoder: Slot<z.infer<typeof config>> = {
  name: "crop_mean",
  summary: "features averaged over the crops, no temporal model",
  source: "Sultani et al., CVPR 2018; crops as in jinmang2/wsad",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  mixesCrops: true,
  averagesCrops: () => true,
  provides: (_, { C }) => ({ encoded: `B 1 T ${C}` }),
  build: () => ({ features }) => ({
    encoded: tf.expandDims(cropMean(features), 1), // [B, 1, T, C]
  }),
};
