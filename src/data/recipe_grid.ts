/**
 * Whether the scores of test features that `wsvad extract` made will be laid over the frames that
 * they stand for: their recipe says how many these are.
 */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import type { DataNeed } from "./data_need.ts";
import type { FeatureRecipe } from "./feature_recipe.ts";

/** Rows of 10 ms in a second of sound. */
const ROWS_PER_SECOND = 100;

/** Frames of the video from one feature to the next; null where the recipe does not tell. */
export function framesOfFeature({ step, sound }: FeatureRecipe, fps: number): number | null {
  return sound && step !== null ? Math.round(step / ROWS_PER_SECOND * fps) : step;
}

/**
 * @param recipe of the test features; null where nothing tells it
 * @throws {RangeError} a fault: they are pooled, stand for other frames than the settings say, or
 *     not for the whole video
 */
export function requireRecipeGrid(
  recipe: FeatureRecipe | null,
  { test, segments_test, fps }: Pick<DataConfig, "test" | "segments_test" | "fps">,
  { spread, frames_per_snippet: perSnippet }: Required<DataNeed>["evaluation"],
): void {
  if (recipe === null) return;
  const attempted = `Cannot evaluate the features of data.test=${test}`;
  const { sample_to: some, segments, step, sound } = recipe;
  if (some !== null) {
    throw fault(
      RangeError,
      `${attempted}: they hold ${some} snippets of a video at most, and what was left out would shift the rest; extract the test videos without --sample-to`,
    );
  }
  if (segments !== null) {
    if (spread === "segments") return;
    throw fault(
      RangeError,
      `${attempted}: they are pooled to ${segments} segments, and ${perSnippet} frames for each would be the wrong ones; set eval.spread=segments data.frame_counts=annotations, with annotations that tell the frames of each video, or extract the test videos without --segments`,
    );
  }
  if (spread === "segments" || segments_test !== null) return;
  const frames = framesOfFeature(recipe, fps);
  if (step === null || frames === null || frames === perSnippet) return;
  const stand = sound
    ? `a feature is ${step / ROWS_PER_SECOND} s of sound, ${frames} frames at data.fps=${fps}`
    : `a feature stands for ${frames} frames`;
  throw fault(
    RangeError,
    `${attempted} with eval.frames_per_snippet=${perSnippet}: ${stand}; set eval.frames_per_snippet=${frames}${
      sound ? ", and data.fps if the videos have another rate" : ""
    }`,
  );
}
