/** All entries of all slots. A new entry is a file in its slot's folder and one line here. */

import { cropMeanEncoder } from "../encoders/crop_mean.ts";
import { pyramidNonLocal } from "../encoders/pyramid_non_local.ts";
import { magnitudeTopk } from "../heads/magnitude_topk.ts";
import { mlp } from "../heads/mlp.ts";
import { magnitudeMargin } from "../losses/magnitude_margin.ts";
import { ranking } from "../losses/ranking.ts";
import { selectedBce } from "../losses/selected_bce.ts";
import { smoothness } from "../losses/smoothness.ts";
import { sparsity } from "../losses/sparsity.ts";
import { weightL2 } from "../losses/weight_l2.ts";
import type { LossTerm, Slot } from "./slot.ts";

// deno-lint-ignore no-explicit-any -- each entry's settings are checked by its own schema before use
export type SlotEntry = Slot<any>;
// deno-lint-ignore no-explicit-any -- likewise
export type LossEntry = LossTerm<any>;

function byName<E extends { name: string }>(entries: E[]): Record<string, E> {
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}

export const registry = {
  encoder: byName<SlotEntry>([cropMeanEncoder, pyramidNonLocal]),
  head: byName<SlotEntry>([mlp, magnitudeTopk]),
  branch: byName<SlotEntry>([]),
  loss: byName<LossEntry>([
    ranking,
    selectedBce,
    magnitudeMargin,
    smoothness,
    sparsity,
    weightL2,
  ]),
};
