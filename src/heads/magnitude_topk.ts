/**
 * Head `magnitude_topk`: the k snippets of largest feature magnitude stand for the video.
 *
 * Source: RTFM, Tian et al., ICCV 2021, arXiv 2101.10030, section 3.2; tianyu0207/RTFM:model.py.
 * Differs from the official code: evaluation accepts T < k. Golden values: tests/golden/rtfm.
 *
 * Requires encoded [B, N, T, C], normal videos first, any T >= 1 in eval, T >= k in training
 * Provides scores [B, T, 1] in [0, 1], crops averaged; magnitude [B, T], L2 norm in feature units,
 * crops
 *          averaged; in training selected.index int32 [B, k], largest first; selected.features
 *          [B, N, k, C]; selected.scores [B, 1]
 *
 * @throws {RangeError} training with T < k
 */

import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { xavierUniform } from "../nn/initialisers.ts";
import { scoreMlp } from "../nn/score_mlp.ts";
import {
  magnitudeSelection,
  selectionOffers,
  selectionPorts,
  selectionSettings,
} from "./magnitude_selection.ts";

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([512, 128]).describe(
    "widths of the hidden layers",
  ),
  dropout: z.number().min(0).lt(1).default(0.7).describe(
    "dropout of the encoder's output and after each hidden layer",
  ),
  ...selectionSettings,
});

export const magnitudeTopk: Slot<z.infer<typeof config>> = {
  name: "magnitude_topk",
  summary: "dense layers, and the k snippets of largest magnitude for the losses",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:model.py",
  config,
  requires: { encoded: "B N T C" },
  offers: selectionOffers,
  provides: ({ k }, { C }) => selectionPorts(k, C),
  minimumSnippets: ({ k }) => k,
  build({ hidden, dropout, ...selection }, scope, { C }) {
    const score = scoreMlp(scope, {
      inputs: C,
      hidden,
      activations: hidden.map(() => "relu"),
      dropout,
      initialiser: xavierUniform,
    });
    const stream = scope.stream("dropout_features");
    const select = magnitudeSelection(scope, selection);
    return ({ encoded }, context) => {
      const training = context.mode === "train";
      const f = training ? context.random.dropout(encoded, dropout, stream) : encoded;
      return select(f, score(f, context).scores, context);
    };
  },
};
