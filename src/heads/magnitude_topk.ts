/**
 * Head `magnitude_topk`: the k snippets of largest feature magnitude stand for the video.
 *
 * Source: RTFM, Tian et al., ICCV 2021, arXiv 2101.10030, section 3.2; tianyu0207/RTFM:model.py.
 * Differs from the official code: evaluation accepts T < k. Golden values: tests/golden/rtfm.
 *
 * Requires encoded [B, N, T, C], normal videos first, any T >= 1 in eval, T >= k in training
 * Provides scores [B, T, 1] in [0, 1], crops averaged; magnitude [B, T], L2 norm in feature units, crops
 *          averaged; in training selected.index int32 [B, k], largest first; selected.features
 *          [B, N, k, C]; selected.scores [B, 1]
 *
 * @throws {RangeError} training with T < k
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Slot, Values } from "../model/slot.ts";
import { xavierUniform } from "../nn/initialisers.ts";
import { scoreMlp } from "../nn/score_mlp.ts";
import { cropMean } from "../ops/crop_mean.ts";
import { l2Norm } from "../ops/l2_norm.ts";
import { gatherScores, gatherSnippets, topKIndices } from "../ops/top_k.ts";

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([512, 128]).describe(
    "widths of the hidden layers",
  ),
  dropout: z.number().min(0).lt(1).default(0.7).describe(
    "dropout of the encoder's output and after each hidden layer",
  ),
  selection_dropout: z.number().min(0).lt(1).default(0.7).describe(
    "dropout of the magnitudes before the selection, so that not always the same snippets win",
  ),
  k: z.int().positive().default(3).describe("snippets that stand for a video (32 // 10)"),
});

export const magnitudeTopk: Slot<z.infer<typeof config>> = {
  name: "magnitude_topk",
  summary: "dense layers, and the k snippets of largest magnitude for the losses",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:model.py",
  config,
  requires: { encoded: "B N T C" },
  offers: ["scores", "magnitude", "selected.index", "selected.features", "selected.scores"],
  provides: ({ k }, { C }) => ({
    scores: "B T 1 : unit",
    magnitude: "B T",
    "selected.index": `B ${k}`,
    "selected.features": `B N ${k} ${C}`,
    "selected.scores": "B 1 : unit",
  }),
  minimumSnippets: ({ k }) => k,
  build({ hidden, dropout, selection_dropout: selectionDropout, k }, scope, { C }) {
    const score = scoreMlp(scope, {
      inputs: C,
      hidden,
      activations: hidden.map(() => "relu"),
      dropout,
      initialiser: xavierUniform,
    });
    const featureStream = scope.stream("dropout_features");
    const selectionStream = scope.stream("dropout_selection");

    return ({ encoded }, context): Values => {
      const training = context.mode === "train";
      const f = training ? context.random.dropout(encoded, dropout, featureStream) : encoded;
      const scores = cropMean(score(f, context).scores); // [B, T, 1]
      const magnitude = cropMean(l2Norm(f)); // [B, T]
      if (!training) return { scores, magnitude };
      const index = topKIndices(masked(magnitude, context), k); // [B, k]
      const chosen = gatherScores(tf.squeeze(scores, [2]), index); // [B, k]
      return {
        scores,
        magnitude,
        "selected.index": index,
        "selected.features": gatherSnippets(f, index), // [B, N, k, C]
        "selected.scores": tf.mean(chosen, 1, true), // [B, 1]
      };
    };

    /** One mask value for each video and snippet, not for each crop. Where k do not survive, zeros fill up. */
    function masked(magnitude: tf.Tensor, { random }: Context): tf.Tensor {
      return random.dropout(magnitude, selectionDropout, selectionStream);
    }
  },
};
