/** CLIP's images and its image tower by itself: golden/clip_image. */

import * as tf from "@tensorflow/tfjs";
import { clip } from "../../backbones/clip.ts";
import { preprocessings } from "../../video/preprocessing.ts";
import { runBackbone } from "../backbone_case.ts";
import { framesOfCase } from "../frame_cases.ts";
import type { PartRunner } from "../golden_runner.ts";

export const clipImage: PartRunner = {
  fixed: () => ({ layer_norm_eps: 1e-5 }),
  onHost(golden) {
    if (golden.mode !== "preprocess") return null;
    return framesOfCase(golden, preprocessings.clip, "resolution");
  },
  compute({ image }, golden) {
    const { embed_dim: embed, layer_norm_eps: _, ...sizes } = golden.hyper;
    const frames = tf.expandDims(tf.transpose(image, [0, 2, 3, 1]), 1); // [N, 1, rows, columns, 3]
    const { features, patches_head } = runBackbone(clip, { ...sizes, embed }, frames, golden);
    return { image_features: features, patches_head };
  },
};
