/** CLIP's images: golden/clip_image. */

import { preprocessings } from "../../video/preprocessing.ts";
import { framesOfCase } from "../frame_cases.ts";
import type { PartRunner } from "../golden_runner.ts";

export const clipImage: PartRunner = {
  onHost(golden) {
    if (golden.mode !== "preprocess") return null;
    return framesOfCase(golden, preprocessings.clip, "resolution");
  },
};
