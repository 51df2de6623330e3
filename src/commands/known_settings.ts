/** What the recipe of extracted features says of the settings of a training on them. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { recipeOfData, recipeOfSplit } from "../data/feature_recipe.ts";
import { framesOfFeature } from "../data/recipe_grid.ts";
import { registry } from "../model/registry.ts";

/**
 * Settings as key=value, to go before those of the command line: that features share a space with
 * texts, and how many frames a feature stands for. None where the settings agree already, and where
 * nothing tells how the features were made.
 *
 * @throws {Error} a fault, as {@link recipeOfData}
 */
export async function knownSettings({ data, eval: evaluation }: ResolvedConfig): Promise<string[]> {
  const recipe = await recipeOfData(data);
  if (recipe === null) return [];
  const known: string[] = [];
  const entry = registry.backbone[recipe.backbone];
  const settings = entry?.config.safeParse(recipe.settings);
  const aligned = settings?.success && entry.facts(settings.data).textAligned;
  if (aligned && data.features === "other") known.push("data.features=clip");
  const ofTest = await recipeOfSplit(data, "test");
  const frames = ofTest && framesOfFeature(ofTest, data.fps);
  if (frames !== null && frames !== evaluation.frames_per_snippet) {
    known.push(`eval.frames_per_snippet=${frames}`);
  }
  return known;
}
