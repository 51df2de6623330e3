/**
 * Encoder `dictionary_streams`: the video, and what a dictionary of normal patterns makes of it,
 * through two pyramids of the same kind; a channel gate keeps in the first what the second lacks.
 *
 * Source: S3R, Wu et al., ECCV 2022, sections 3.2 to 3.4; louisYen/S3R:models. Also called enNormal
 * (the reconstruction) and deNormal (the gate).
 * Differs from the official code: a learned dictionary can be chosen. Golden values:
 * tests/golden/s3r.
 *
 * Requires features [B, N, T, C], C / 4 divisible by 8 and C by 16, any T >= 1; a file with the
 * dictionary for training
 * Provides encoded, reconstruction [B, N, T, C], both gated; further, for R = B N rows, video by
 * video:
 *          normal_stream [R, T, C], what the dictionary gives; dictionary_attention [R, T, S];
 *          video_embedding,
 *          macro_embedding [R, T, C], the pyramids' outputs; conv_1, conv_3, non_local
 *          [R, T, C / 4] of the video's pyramid;
 *          gate [R, C]
 *
 * @throws {RangeError} C that the groups do not divide; {Error} training without a dictionary
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { readDictionary } from "../dictionary/read_dictionary.ts";
import { fault } from "../fault.ts";
import type { Scope, Slot } from "../contract/slot.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { dropped } from "../nn/dropout.ts";
import { groupNormPyramid } from "../nn/group_norm_pyramid.ts";
import { normalWith, zeros } from "../nn/initialisers.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { linear } from "../ops/linear/op.ts";
import { softmax } from "../ops/softmax/op.ts";

const config = z.strictObject({
  dictionary: z.string().min(1).nullable().default(null).describe(
    "file of normal patterns [slots, channels], .npy or .safetensors, as wsvad dictionary writes it; needed to begin a training",
  ),
  slots: z.int().positive().default(400).describe(
    "rows of the dictionary: half the normal training videos of UCF-Crime",
  ),
  learned: z.boolean().default(false).describe(
    "true: no file, the dictionary is a parameter that starts at random (jinmang2/wsad)",
  ),
  reduction: z.int().positive().default(4).describe("channels / this = channels of a branch"),
  gate_reduction: z.int().positive().default(16).describe(
    "channels / this = width of the gate's hidden layer",
  ),
  dropout: z.number().min(0).lt(1).default(0.7).describe("dropout of both pyramids' outputs"),
  groups: z.int().positive().default(8).describe("groups of channels with statistics of their own"),
  gn_epsilon: z.number().positive().default(1e-5).describe("added to the variance of a group"),
  bn_epsilon: z.number().positive().default(1e-5).describe("added to the batch variance"),
  bn_momentum: z.number().gt(0).max(1).default(0.1).describe(
    "share of a batch's statistics in the running ones",
  ),
});
type Config = z.infer<typeof config>;

const DICTIONARY = "dictionary";

export const dictionaryStreams: Slot<Config> = {
  name: "dictionary_streams",
  summary: "video and its reconstruction from a dictionary of normal patterns, gated (S3R)",
  source: "S3R, Wu et al., ECCV 2022; louisYen/S3R:models",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded", "reconstruction"],
  provides: (_, { C }) => ({ encoded: `B N T ${C}`, reconstruction: `B N T ${C}` }),
  async readFiles({ dictionary, slots, learned }) {
    if (learned) return [];
    return [{ name: DICTIONARY, ...await readDictionary(dictionary, slots) }];
  },
  build(settings, scope, { C }) {
    requireChannels(C, settings);
    const { slots, learned, dropout, groups } = settings;
    const options = {
      reduction: settings.reduction,
      groups,
      groupNormEpsilon: settings.gn_epsilon,
      batchNorm: { epsilon: settings.bn_epsilon, momentum: settings.bn_momentum },
    };
    const dictionary = learned
      ? scope.parameter(DICTIONARY, [slots, C], normalWith(0.02))
      : scope.apart(DICTIONARY, [slots, C], zeros); // [S, C]
    const reconstruct = reconstruction(scope, C, dictionary);
    const videoPyramid = groupNormPyramid(scope, "video_embedding.0", C, options);
    const macroPyramid = groupNormPyramid(scope, "macro_embedding.0", C, options);
    const gateOf = channelGate(scope, C, settings.gate_reduction);
    const videoStream = scope.stream("dropout_video"), macroStream = scope.stream("dropout_macro");
    // In the official checkpoints, but no forward pass uses them.
    const projection = {
      "0.weight": [C, C, 3],
      "0.bias": [C],
      "1.weight": [C],
      "1.bias": [C],
    };
    scope.unused("video_projection.", projection);
    scope.unused("macro_projection.", projection);

    return ({ features }, context) => {
      const [B, N, T] = features.shape as [number, number, number];
      const drop = (x: tf.Tensor, stream: number) => dropped(x, dropout, stream, context);
      const x = tf.reshape(features, [B * N, T, C]); // [R, T, C]
      const { weights, macro } = tf.tidy(() => reconstruct(x)); // [R, T, S], [R, T, C]
      const video = tf.tidy(() => videoPyramid(x, context));
      const normal = tf.tidy(() => macroPyramid(macro, context));
      // [R, T, C]
      const xv = drop(video.output, videoStream), xm = drop(normal.output, macroStream);
      const gate = gateOf(tf.sub(timeMean(xv), timeMean(xm))); // [R, C]
      const open = tf.expandDims(gate, 1); // [R, 1, C]
      return {
        normal_stream: macro,
        dictionary_attention: weights,
        conv_1: video.scales[0],
        conv_3: video.scales[2],
        non_local: video.nonLocal,
        video_embedding: video.output,
        macro_embedding: normal.output,
        gate,
        encoded: tf.reshape(tf.mul(xv, open), [B, N, T, C]),
        reconstruction: tf.reshape(tf.mul(xm, tf.sub(1, open)), [B, N, T, C]),
      };
    };
  },
};

function requireChannels(
  C: number,
  { reduction, groups, gate_reduction: gateReduction }: Config,
): void {
  const step = Math.max(reduction * groups, 2 * reduction);
  if (C % step === 0 && C % gateReduction === 0 && C % 4 === 0) return;
  throw fault(
    RangeError,
    `encoder "dictionary_streams" needs a feature size divisible by ${step} and by ${gateReduction}, found ${C}; set runner.features.dim`,
  );
}

/** x [R, T, C] -> [R, C]. */
function timeMean(x: tf.Tensor): tf.Tensor {
  return cropMean(x); // a mean over the second axis, whatever it counts
}

/**
 * Attention of the snippets x [R, T, C] to the dictionary [S, C]: weights over its rows and what
 * they add up to.
 */
function reconstruction(
  scope: Scope,
  C: number,
  dictionary: tf.Tensor,
): (x: tf.Tensor) => { weights: tf.Tensor; macro: tf.Tensor } {
  const layer = (part: string, outputs: number) =>
    xavierLayer(scope, `en_normal.en_normal_module.${part}_embedding`, C, outputs);
  const query = layer("query", C / 4), key = layer("cache", C / 4), value = layer("value", C);
  return (x) => {
    const [R, T] = x.shape as [number, number];
    const similarity = linear(tf.reshape(query(x), [R * T, C / 4]), key(dictionary)); // [R T, S]
    const weights = softmax(similarity) as tf.Tensor2D; // not divided by the root of the width
    const macro = tf.matMul(weights, value(dictionary) as tf.Tensor2D); // [R T, C]
    return { weights: tf.reshape(weights, [R, T, -1]), macro: tf.reshape(macro, [R, T, C]) };
  };
}

/** [R, C] -> [R, C] in (0, 1). */
function channelGate(scope: Scope, C: number, reduction: number): (x: tf.Tensor) => tf.Tensor {
  const name = "de_normal.channel_attention.channel_gate.mlp";
  const squeeze = xavierLayer(scope, `${name}.1`, C, C / reduction, { activation: "relu" });
  const widen = xavierLayer(scope, `${name}.3`, C / reduction, C, { activation: "sigmoid" });
  return (x) => widen(squeeze(x));
}
