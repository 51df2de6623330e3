/**
 * Head `normed_magnitude_topk`: a layer norm, one linear score, and the k snippets of largest
 * magnitude stand for the video. With the norm's gain at 1 all magnitudes are near sqrt(C), so that
 * small differences decide.
 *
 * Source: MGFN, Chen et al., AAAI 2023, arXiv 2211.15098; carolchenyx/MGFN:models/mgfn.py.
 * Differs from the official code: evaluation accepts T < k. Golden values: tests/golden/mgfn.
 *
 * Requires encoded [B, N, T, C], normal videos first, any T >= 1 in eval, T >= k in training
 * Provides scores [B, T, 1] in [0, 1], crops averaged; normed [B, N, T, C]; magnitude [B, T], its
 * L2 norm,
 *          crops averaged; in training selected.index int32 [B, k], largest first;
 *          selected.features
 *          [B, N, k, C]; selected.scores [B, 1]
 *
 * @throws {RangeError} training with T < k
 */

import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { linearLayer } from "../nn/torch_layers.ts";
import {
  magnitudeSelection,
  selectionOffers,
  selectionPorts,
  selectionSettings,
} from "./magnitude_selection.ts";

const config = z.strictObject({
  ln_epsilon: z.number().positive().default(1e-5).describe("added to the variance of the channels"),
  ...selectionSettings,
});

export const normedMagnitudeTopk: Slot<z.infer<typeof config>> = {
  name: "normed_magnitude_topk",
  summary: "layer norm, a linear score, and the k snippets of largest magnitude for the losses",
  source: "MGFN, Chen et al., AAAI 2023; carolchenyx/MGFN:models/mgfn.py",
  config,
  requires: { encoded: "B N T C" },
  offers: [...selectionOffers, "normed"],
  provides: ({ k }, { C }) => ({ ...selectionPorts(k, C), normed: `B N T ${C}` }),
  minimumSnippets: ({ k }) => k,
  build({ ln_epsilon: epsilon, ...selection }, scope, { C }) {
    const normalise = layerNorm(scope, "to_logits.0", C, epsilon);
    const score = linearLayer(scope, "fc", C, 1, { activation: "sigmoid" });
    const select = magnitudeSelection(scope, selection);
    return ({ encoded }, context) => {
      const normed = normalise(encoded); // [B, N, T, C]
      return { normed, ...select(normed, score(normed), context) };
    };
  },
};
