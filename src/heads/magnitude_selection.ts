/** The k snippets of largest feature magnitude stand for a video: what heads of this kind share. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Ports, Scope, Values } from "../contract/slot.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { gatherScores, gatherSnippets, topKIndices } from "../ops/top_k/op.ts";

/** Settings of such a head. */
export const selectionSettings = {
  selection_dropout: z.number().min(0).lt(1).default(0.7).describe(
    "dropout of the magnitudes before the selection, so that not always the same snippets win",
  ),
  k: z.int().positive().default(3).describe("snippets that stand for a video (32 // 10)"),
};

/** Names of what such a head provides. */
export const selectionOffers = [
  "scores",
  "magnitude",
  "selected.index",
  "selected.features",
  "selected.scores",
];

export function selectionPorts(k: number, channels: number): Ports {
  return {
    scores: "B T 1 : unit",
    magnitude: "B T",
    "selected.index": `B ${k}`,
    "selected.features": `B N ${k} ${channels}`,
    "selected.scores": "B 1 : unit",
  };
}

/**
 * Values from features f [B, N, T, C] and the scores of each crop [B, N, T, 1]: scores [B, T, 1]
 * and magnitude [B, T], both averaged over the crops; in training also the selection, the same
 * snippets for all crops.
 */
export function magnitudeSelection(
  scope: Scope,
  { k, selection_dropout: dropout }: { k: number; selection_dropout: number },
): (f: tf.Tensor, cropScores: tf.Tensor, context: Context) => Values {
  const stream = scope.stream("dropout_selection");
  return (f, cropScores, { mode, random }): Values => {
    const scores = cropMean(cropScores); // [B, T, 1]
    const magnitude = cropMean(l2Norm(f)); // [B, T]
    if (mode === "eval") return { scores, magnitude };
    // One mask value for each video and snippet, not for each crop.
    // Where k do not survive, zeros fill up.
    const index = topKIndices(random.dropout(magnitude, dropout, stream), k); // [B, k]
    const chosen = gatherScores(tf.squeeze(scores, [2]), index); // [B, k]
    return {
      scores,
      magnitude,
      "selected.index": index,
      "selected.features": gatherSnippets(f, index), // [B, N, k, C]
      "selected.scores": tf.mean(chosen, 1, true), // [B, 1]
    };
  };
}
