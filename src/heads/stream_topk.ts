/**
 * Head `stream_topk`: the k snippets of largest magnitude of the video stream stand for the video;
 * a second score, one for the whole video, judges its reconstruction.
 *
 * Source: S3R, Wu et al., ECCV 2022, section 3.4; louisYen/S3R:models.
 * Differs from the official code: evaluation accepts T < k, training a single video a side. Golden
 * values: tests/golden/s3r.
 *
 * Requires encoded, reconstruction [B, N, T, C], normal videos first, any T >= 1 in eval, T >= k in
 * training
 * Provides scores [B, T, 1] in [0, 1], crops averaged; magnitude [B, T], L2 norm in feature units,
 * crops averaged;
 *          reconstruction.scores [B, 1] in [0, 1], crops averaged; in training selected.index int32
 *          [B, k], largest first;
 *          selected.features [B, N, k, C]; selected.scores [B, 1]
 *
 * @throws {RangeError} training with T < k
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { xavierUniform } from "../nn/initialisers.ts";
import { scoreMlp } from "../nn/score_mlp.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import {
  magnitudeSelection,
  selectionOffers,
  selectionPorts,
  selectionSettings,
} from "./magnitude_selection.ts";

const config = z.strictObject({
  reductions: z.array(z.int().positive()).min(1).default([4, 16]).describe(
    "channels / these = widths of the hidden layers, of both scores",
  ),
  dropout: z.number().min(0).lt(1).default(0.7).describe("dropout after each hidden layer"),
  ...selectionSettings,
});

export const streamTopk: Slot<z.infer<typeof config>> = {
  name: "stream_topk",
  summary: "k snippets of largest magnitude, and a score of the video's reconstruction",
  source: "S3R, Wu et al., ECCV 2022; louisYen/S3R:models",
  config,
  requires: { encoded: "B N T C", reconstruction: "B N T C" },
  offers: [...selectionOffers, "reconstruction.scores"],
  provides: ({ k }, { C }) => ({
    ...selectionPorts(k, C),
    "reconstruction.scores": "B 1 : unit",
  }),
  minimumSnippets: ({ k }) => k,
  build({ reductions, dropout, ...selection }, scope, { C }) {
    const hidden = reductions.map((reduction) => Math.max(1, Math.floor(C / reduction)));
    const classifier = (prefix: string) =>
      scoreMlp(scope, {
        prefix,
        inputs: C,
        hidden,
        activations: hidden.map(() => "relu"),
        dropout,
        initialiser: xavierUniform,
      });
    const videoScore = classifier("video_classifier");
    const macroScore = classifier("macro_classifier.mlp");
    const select = magnitudeSelection(scope, selection);
    return ({ encoded, reconstruction }, context) => {
      const [B, N, T] = reconstruction.shape as [number, number, number];
      const overTime = cropMean(tf.reshape(reconstruction, [B * N, T, C])); // [B N, C], mean over T
      const macro = tf.reshape(macroScore(overTime, context).scores, [B, N, 1]);
      return {
        ...select(encoded, videoScore(encoded, context).scores, context),
        "reconstruction.scores": cropMean(macro), // [B, 1]
      };
    };
  },
};
