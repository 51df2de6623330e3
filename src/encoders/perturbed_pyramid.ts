/**
 * Encoder `perturbed_pyramid`: a scorer keeps the snippets that are among the best in most of many
 * noisy copies of its scores ("TSA"), then RTFM's pyramid of dilated convolutions beside a
 * non-local block.
 *
 * Source: CLIP-TSA, Joo et al., ICIP 2023, arXiv 2212.05136; joos2010kj/CLIP-TSA. Despite the
 * paper's name for it, "temporal self-attention", no query meets a key here.
 * Differs from the official code: nothing; that draws its noise in evaluation too. Golden values:
 * tests/golden/clip_tsa.
 *
 * Requires features [B, N, T, C], C divisible by 8, any T >= 1; wider ones than `width` pass two
 * dense layers
 * Provides encoded [B, N, T, min(C, width)]; snippet_scores, selection_frequency [R, T] in [0, 1]
 * and
 *          kept_features [R, T, min(C, width)], R = B N rows, video by video
 *
 * Noise of unit variance [R, samples, T] may be given as "noise".
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Slot } from "../contract/slot.ts";
import { batchNormPyramid } from "../nn/batch_norm_pyramid.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { linearLayer } from "../nn/torch_layers.ts";
import { perturbedTopK } from "../ops/perturbed_top_k/op.ts";
import { pyramidSettings } from "./pyramid_non_local.ts";

const config = z.strictObject({
  ratio: z.number().gt(0).max(1).default(0.95).describe(
    "share of the snippets that each noisy copy keeps, cut to a whole number (official: XD 0.9, ShanghaiTech 0.01)",
  ),
  samples: z.int().positive().max(10_000).default(100).describe("noisy copies of the scores"),
  sigma: z.number().positive().default(0.05).describe("standard deviation of the scores' noise"),
  scorer_hidden: z.int().positive().default(256).describe("hidden width of the scorer"),
  width: z.int().positive().default(512).describe(
    "wider features are brought to this many channels first (official: I3D, C3D)",
  ),
  width_hidden: z.int().positive().default(1024).describe("hidden width of the layers that do it"),
  ...pyramidSettings,
});
type Config = z.infer<typeof config>;

/** Largest number of kept snippets where one row alone is scored (official code). */
const ONE_ROW_LIMIT = 1000;

/** How many snippets each noisy copy keeps. */
export function keptSnippets(snippets: number, ratio: number, rows: number): number {
  const kept = Math.max(1, Math.min(snippets, Math.trunc(ratio * snippets)));
  return rows === 1 ? Math.min(ONE_ROW_LIMIT, kept) : kept;
}

export const perturbedPyramid: Slot<Config> = {
  name: "perturbed_pyramid",
  summary: "perturbed top-k selection of snippets (TSA), then RTFM's pyramid",
  source: "CLIP-TSA, Joo et al., ICIP 2023; joos2010kj/CLIP-TSA",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  provides: ({ width }, { C }) => ({ encoded: `B N T ${Math.min(C, width)}` }),
  // The noise of a crop and the limit of one row are those of a video scored with all its crops.
  mixesCrops: true,
  build(settings, scope, { C: given }) {
    const { ratio, samples, sigma, width, dilations } = settings;
    const C = Math.min(given, width);
    const pyramid = batchNormPyramid(scope, C, {
      dilations,
      batchNorm: { epsilon: settings.bn_epsilon, momentum: settings.bn_momentum },
      // In this order ten official steps stay, on every device, on the official side of a ReLU's
      // input of 2e-6 (golden case clip_tsa/steps); their float32 products are as exact in either.
      keysFirst: true,
      encoder: "perturbed_pyramid",
    });
    const narrow = narrowing(given);
    const hidden = xavierLayer(scope, "hard_attention.scorer.fc1", C, settings.scorer_hidden, {
      activation: "relu",
    });
    const score = xavierLayer(scope, "hard_attention.scorer.fc2", settings.scorer_hidden, 1, {
      activation: "sigmoid",
    });
    const noiseStream = scope.stream("noise");

    return ({ features }, context) => {
      const [B, N, snippets] = features.shape;
      const R = B * N!, T = snippets!;
      const x = narrow(tf.reshape(features, [R, T, given])); // [R, T, C]
      const scores = tf.reshape(score(hidden(x)), [R, T]);
      const k = keptSnippets(T, ratio, R);
      const frequency = perturbedTopK(scores, noise([R, samples, T], context), { k, sigma });
      const kept = tf.mul(x, tf.expandDims(frequency, 2)); // [R, T, C]
      const { output } = pyramid(kept, context);
      return {
        snippet_scores: scores,
        selection_frequency: frequency,
        kept_features: kept,
        encoded: tf.reshape(output, [B, N!, T, C]),
      };
    };

    /**
     * The official `mlp`: in every checkpoint, but without work where features are narrow enough.
     */
    function narrowing(inputs: number): (x: tf.Tensor) => tf.Tensor {
      if (inputs <= width) {
        scope.unused("mlp.", {
          "fc1.weight": [settings.width_hidden, inputs],
          "fc1.bias": [settings.width_hidden],
          "fc2.weight": [width, settings.width_hidden],
          "fc2.bias": [width],
        });
        return (x) => x;
      }
      const first = linearLayer(scope, "mlp.fc1", inputs, settings.width_hidden, {
        activation: "relu",
      });
      const second = linearLayer(scope, "mlp.fc2", settings.width_hidden, width, {
        activation: "sigmoid",
      });
      return (x) => second(first(x));
    }

    function noise(shape: number[], { random, given }: Context): tf.Tensor {
      return given?.noise ? tf.reshape(given.noise, shape) : random.normal(shape, noiseStream);
    }
  },
};
