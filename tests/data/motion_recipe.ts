/** A recipe of features of the backbone motion, four channels wide, as `wsvad extract` writes it. */
export const motionRecipe = {
  ...{ backbone: "motion", settings: {}, lineage: "motion", weights_sha256: null, dim: 4 },
  ...{ preprocessing: "", crops: "centre", crop_order: [[0, 0, 0]], snippet: 16, tail: "" },
  ...{ frames: null, jpeg: false, segments: null, dtype: "float32", weights: null },
  ...{ decoder: "", tool: "", step: 16 },
};
