import type { FeatureRecipe } from "../../src/data/feature_recipe.ts";

/** A recipe of the backbone motion, four channels wide, as `wsvad extract` once wrote it. */
export const motionRecipe = {
  ...{ backbone: "motion", settings: {}, lineage: "motion", weights_sha256: null, dim: 4 },
  ...{ preprocessing: "", crops: "centre", crop_order: [[0, 0, 0]], snippet: 16, tail: "" },
  ...{ frames: null, jpeg: false, segments: null, dtype: "float32", weights: null },
  ...{ decoder: "", tool: "", step: 16 },
};

/** One with all its keys, of the usual width. */
export const wholeRecipe: FeatureRecipe = {
  ...{ mean_sha256: null, sample_to: null, mean: null, step: 16, sound: false },
  ...{ backbone: "motion", settings: {}, lineage: "motion", weights_sha256: null, dim: 256 },
  ...{ preprocessing: "64x64", crops: "centre", crop_order: [[0, 0, 0]], snippet: 16 },
  ...{ tail: "dropped", frames: null, jpeg: false, segments: null, dtype: "float32" },
  ...{ weights: null, decoder: "ffmpeg 5.1", tool: "wsvad 1" },
};
