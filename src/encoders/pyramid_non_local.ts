/**
 * Encoder `pyramid_non_local`: multi-scale temporal network, a pyramid of dilated convolutions
 * beside a non-local block ("Aggregate" in the official code).
 *
 * Source: RTFM, Tian et al., ICCV 2021, arXiv 2101.10030, section 3.1; tianyu0207/RTFM:model.py.
 * Differs from the official code: nothing. Golden values: tests/golden/rtfm.
 *
 * Requires features [B, N, T, C], C divisible by 8, any T >= 1
 * Provides encoded [B, N, T, C]; conv_1, conv_2, conv_3, non_local [R, T, C / 4], R = B N rows,
 * video by video
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { batchNormPyramid } from "../nn/batch_norm_pyramid.ts";

/** Settings of an encoder with such a pyramid. */
export const pyramidSettings = {
  dilations: z.array(z.int().positive().max(100_000)).length(3).default([1, 2, 4]).describe(
    "dilations of the three pyramid convolutions, in snippets",
  ),
  bn_epsilon: z.number().positive().default(1e-5).describe("added to the batch variance"),
  bn_momentum: z.number().gt(0).max(1).default(0.1).describe(
    "share of a batch's statistics in the running ones",
  ),
};

const config = z.strictObject(pyramidSettings);

export const pyramidNonLocal: Slot<z.infer<typeof config>> = {
  name: "pyramid_non_local",
  summary: "pyramid of dilated convolutions beside a non-local block (MTN)",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:model.py",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  provides: (_, { C }) => ({ encoded: `B N T ${C}` }),
  build({ dilations, bn_epsilon: epsilon, bn_momentum: momentum }, scope, { C }) {
    const batchNorm = { epsilon, momentum };
    const pyramid = batchNormPyramid(scope, C, {
      dilations,
      batchNorm,
      encoder: "pyramid_non_local",
    });

    return ({ features }, context) => {
      const [B, N, T] = features.shape;
      const x = tf.reshape(features, [B * N!, T!, C]); // [R, T, C]
      const { scales: [conv1, conv2, conv3], nonLocal, output } = pyramid(x, context);
      return {
        conv_1: conv1,
        conv_2: conv2,
        conv_3: conv3,
        non_local: nonLocal,
        encoded: tf.reshape(output, [B, N!, T!, C]),
      };
    };
  },
};
