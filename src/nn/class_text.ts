/**
 * The text features of classes: from the tower in every step where their prompts are learned, else
 * one frozen table.
 */

import type * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../contract/slot.ts";
import { builtInFeatures } from "../text/built_in_tower.ts";
import { CLASS_TABLE, tokensOf } from "../text/class_table.ts";
import { BUILT_IN, type ClipSettings } from "../text/clip_settings.ts";
import type { PromptRow } from "../text/prompts.ts";
import { zeros } from "./initialisers.ts";

/**
 * A frozen table `<prefix>class_text` [rows, embed] of prompts without learned positions;
 * `readClassTable` fills it. The model then holds no tower.
 */
export function frozenClassText(
  scope: Scope,
  prefix: string,
  { clip }: Pick<ClipSettings, "clip">,
  rows: PromptRow[],
  embed: number,
): (context: Context) => tf.Tensor {
  const initial = clip === BUILT_IN
    ? () => Float32Array.from(builtInFeatures(rows.map(tokensOf), embed).flatMap((row) => [...row]))
    : zeros;
  const table = scope.frozen(prefix + CLASS_TABLE, [rows.length, embed], initial);
  return () => table;
}
