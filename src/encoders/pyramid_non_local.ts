/**
 * Encoder `pyramid_non_local`: multi-scale temporal network, a pyramid of dilated convolutions beside a
 * non-local block ("Aggregate" in the official code).
 *
 * Source: RTFM, Tian et al., ICCV 2021, arXiv 2101.10030, section 3.1; tianyu0207/RTFM:model.py.
 * Differs from the official code: nothing. Golden values: tests/golden/rtfm.
 *
 * Requires features [B, N, T, C], C divisible by 8, any T >= 1
 * Provides encoded [B, N, T, C]; conv_1, conv_2, conv_3, non_local [R, T, C / 4], R = B N rows, video by video
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { Context, Slot } from "../model/slot.ts";
import { batchNorm } from "../nn/batch_norm.ts";
import { xavierUniform, zeros } from "../nn/initialisers.ts";
import { nonLocalBlock } from "../nn/non_local.ts";
import { linear } from "../ops/linear.ts";
import { temporalConv } from "../ops/temporal_conv.ts";

const config = z.strictObject({
  dilations: z.array(z.int().positive()).length(3).default([1, 2, 4]).describe(
    "dilations of the three pyramid convolutions, in snippets",
  ),
  bn_epsilon: z.number().positive().default(1e-5).describe("added to the batch variance"),
  bn_momentum: z.number().gt(0).max(1).default(0.1).describe(
    "share of a batch's statistics in the running ones",
  ),
});
type Config = z.infer<typeof config>;

/** Official keys of the non-local block. */
const KEYS = { value: "g", query: "theta", key: "phi", out: "W.0", norm: "W.1" };

export const pyramidNonLocal: Slot<Config> = {
  name: "pyramid_non_local",
  summary: "pyramid of dilated convolutions beside a non-local block (MTN)",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:model.py",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  provides: (_, { C }) => ({ encoded: `B N T ${C}` }),
  build({ dilations, bn_epsilon: epsilon, bn_momentum: momentum }, scope, { C }) {
    if (C % 8) {
      throw fault(
        RangeError,
        `encoder "pyramid_non_local" needs a feature size divisible by 8, found ${C}; set runner.features.dim`,
      );
    }
    const width = C / 4;
    const norm = { epsilon, momentum };
    const scales = dilations.map((dilation, i) => {
      const name = `Aggregate.conv_${i + 1}`;
      const weight = scope.parameter(`${name}.0.weight`, [width, C, 3], xavierUniform);
      const bias = scope.parameter(`${name}.0.bias`, [width], zeros);
      const normalise = batchNorm(scope, `${name}.2`, width, norm);
      return (x: tf.Tensor, context: Context) =>
        normalise(temporalConv(x, weight, bias, { dilation, activation: "relu" }), context);
    });
    const conv4 = scope.parameter("Aggregate.conv_4.0.weight", [width, C, 1], xavierUniform);
    const conv5 = scope.parameter("Aggregate.conv_5.0.weight", [C, C, 3], xavierUniform);
    const normalise5 = batchNorm(scope, "Aggregate.conv_5.2", C, norm);
    const nonLocal = nonLocalBlock(scope, "Aggregate.non_local", KEYS, width, norm);

    return ({ features }, context) => {
      const [B, N, T] = features.shape;
      const x = tf.reshape(features, [B * N!, T!, C]); // [R, T, C]
      const [conv1, conv2, conv3] = scales.map((scale) => scale(x, context)); // [R, T, C/4]
      const u = linear(x, tf.reshape(conv4, [width, C]), undefined, "relu"); // [R, T, C/4]
      const global = nonLocal(u, context); // [R, T, C/4]
      const pyramid = tf.concat([conv1, conv2, conv3, global], 2); // [R, T, C]
      const fused = normalise5(
        temporalConv(pyramid, conv5, undefined, { activation: "relu" }),
        context,
      );
      return {
        conv_1: conv1,
        conv_2: conv2,
        conv_3: conv3,
        non_local: global,
        encoded: tf.reshape(tf.add(fused, x), [B, N!, T!, C]),
      };
    };
  },
};
