/**
 * Head `batch_norm_criterion`: two batch norms learn what is normal, and the distance of their
 * inputs to their running means, times a sigmoid score, is the anomaly.
 *
 * Source: BN-WVAD, Zhou et al., arXiv 2311.15367, sections 3.2 and 3.3;
 * cool-xuan/BN-WVAD:models/normal_head.py.
 * Differs from the official code: training with several crops takes each crop as a video of its own
 * (the official code has no crops in training). Golden values: tests/golden/bn_wvad.
 *
 * Requires encoded [B, N, T, C], in training normal videos first, any T >= 1
 * Provides scores [B, T, 1], not bounded by 1: probability x (distance.1 + distance.2) of each
 * crop, then the mean
 *          over the crops; probability [B, N, T] in [0, 1]; distance.1, distance.2 [B, N, T], in
 *          standard deviations
 *          of the running statistics; conv_1, conv_2 [R, T, channels], R = B N rows, the inputs of
 *          the batch norms
 *
 * As in the official code a running variance of 0 makes a distance infinite or NaN, and a feature
 * equal to the running mean a gradient of NaN; with guard_sqrt such a channel does not count, and
 * the gradient is 0.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Slot } from "../contract/slot.ts";
import { type BatchNorm, batchNorm } from "../nn/batch_norm.ts";
import { pointwiseLayer } from "../nn/torch_layers.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";

const config = z.strictObject({
  channels: z.array(z.int().positive()).length(2).default([32, 16]).describe(
    "channels of the two layers whose batch norms are the criterion",
  ),
  bn_epsilon: z.number().positive().default(1e-5).describe("added to the batch variance"),
  bn_momentum: z.number().gt(0).max(1).default(0.1).describe(
    "share of a batch's statistics in the running ones",
  ),
});
type Config = z.infer<typeof config>;

export const batchNormCriterion: Slot<Config> = {
  name: "batch_norm_criterion",
  summary: "distance to the running means of two batch norms, times a score",
  source: "BN-WVAD, Zhou et al., arXiv 2311.15367; cool-xuan/BN-WVAD:models/normal_head.py",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores", "probability", "distance.1", "distance.2"],
  provides: () => ({
    scores: "B T 1",
    probability: "B N T : unit",
    "distance.1": "B N T",
    "distance.2": "B N T",
  }),
  build({ channels, bn_epsilon: epsilon, bn_momentum: momentum }, scope, { C }) {
    const [wide, narrow] = channels;
    const conv1 = pointwiseLayer(scope, "normal_head.conv1", C, wide);
    const norm1 = batchNorm(scope, "normal_head.bn1", wide, { epsilon, momentum });
    const conv2 = pointwiseLayer(scope, "normal_head.conv2", wide, narrow);
    const norm2 = batchNorm(scope, "normal_head.bn2", narrow, { epsilon, momentum });
    const conv3 = pointwiseLayer(scope, "normal_head.conv3", narrow, 1, { activation: "sigmoid" });

    return ({ encoded }, context) => {
      const [B, N, T] = encoded.shape;
      const byCrop = (x: tf.Tensor) => tf.reshape(x, [B, N!, T!]);
      const f1 = conv1(tf.reshape(encoded, [B * N!, T!, C])); // [R, T, wide]
      const f2 = conv2(tf.relu(norm1(f1, context))); // [R, T, narrow]
      const probability = byCrop(conv3(tf.relu(norm2(f2, context)))); // [B, N, T]
      // After the norms have run: in training the distances are to statistics that saw this batch.
      const distance1 = byCrop(distance(f1, norm1, "normal_head.bn1", context));
      const distance2 = byCrop(distance(f2, norm2, "normal_head.bn2", context));
      const anomaly = tf.mul(tf.add(distance1, distance2), probability); // [B, N, T]
      return {
        conv_1: f1,
        conv_2: f2,
        probability,
        "distance.1": distance1,
        "distance.2": distance2,
        scores: tf.expandDims(cropMean(anomaly), 2), // [B, T, 1]
      };
    };

    /**
     * Mahalanobis distance of f [R, T, channels] to the running statistics, which are constants:
     * [R, T].
     */
    function distance(
      f: tf.Tensor,
      { runningMean, runningVariance }: BatchNorm,
      name: string,
      { zeroAt }: Context,
    ): tf.Tensor {
      const of = 'head "batch_norm_criterion"';
      zeroAt?.(`${of} divided by a running variance of 0 of "${name}"`, () => runningVariance);
      const inverse = tf.rsqrt(runningVariance); // without epsilon
      const known = scope.guardSqrt
        ? tf.where(tf.greater(runningVariance, 0), inverse, tf.zerosLike(inverse))
        : inverse;
      const apart = tf.mul(tf.sub(f, runningMean), known);
      const squares = () => tf.sum(tf.square(apart), -1);
      zeroAt?.(
        `${of} took the root of a distance of 0, of a feature equal to the running mean of "${name}"`,
        squares,
      );
      // Without a guard: the gradient of a distance of 0 is NaN, as that of PyTorch's sqrt.
      return scope.guardSqrt ? l2Norm(apart) : tf.sqrt(squares());
    }
  },
};
