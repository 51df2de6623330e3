import { assertThrows } from "@std/assert";
import { type FeatureRecipe, parseRecipe } from "../../src/data/feature_recipe.ts";
import { requireRecipeGrid } from "../../src/data/recipe_grid.ts";
import { motionRecipe } from "./motion_recipe.ts";

const recipe = parseRecipe(JSON.stringify(motionRecipe), "a recipe");
const data = { test: "test", segments_test: null, fps: 25 };
const evaluation = { align: "cut", spread: "snippets", frames_per_snippet: 16 } as const;

Deno.test("requireRecipeGrid() takes what agrees with the recipe, and what nothing is known of", () => {
  requireRecipeGrid(null, data, { ...evaluation, frames_per_snippet: 8 });
  requireRecipeGrid({ ...recipe, step: null }, data, { ...evaluation, frames_per_snippet: 8 });
  requireRecipeGrid(recipe, data, evaluation);
  requireRecipeGrid({ ...recipe, segments: 32 }, data, { ...evaluation, spread: "segments" });
  const sound = { ...recipe, sound: true, step: 96 };
  requireRecipeGrid(sound, data, { ...evaluation, frames_per_snippet: 24 });
});

Deno.test("requireRecipeGrid() refuses scores that would be laid over other frames, with the setting", () => {
  const refused = (made: Partial<FeatureRecipe>, text: string) =>
    assertThrows(() => requireRecipeGrid({ ...recipe, ...made }, data, evaluation), Error, text);
  refused({ step: 8 }, "a feature stands for 8 frames; set eval.frames_per_snippet=8");
  refused({ sound: true, step: 96 }, "24 frames at data.fps=25; set eval.frames_per_snippet=24");
  refused({ segments: 32 }, "set eval.spread=segments data.frame_counts=annotations");
  refused({ sample_to: 5 }, "extract the test videos without --sample-to");
});
