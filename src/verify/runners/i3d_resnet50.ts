/** I3D ResNet-50 in its lineages: golden/i3d_resnet50. */

import * as tf from "@tensorflow/tfjs";
import { i3dGowtham } from "../../backbones/i3d_gowtham.ts";
import { i3dPytorchvideo } from "../../backbones/i3d_pytorchvideo.ts";
import { channelsLast, networkOf, runBackbone } from "../backbone_case.ts";
import { extractedFeatures } from "../extract_case.ts";
import type { PartRunner } from "../golden_runner.ts";

export const i3dResnet50: PartRunner = {
  fixed: () => ({ batch_norm_eps: 1e-5 }),
  compute({ frames }, golden) {
    const { lineage, layers, non_local, stem_dim_out, head_pool_kernel } = golden.hyper;
    const ofZoo = lineage === "pytorchvideo";
    const zooSettings = { layers, stem: stem_dim_out, head_pool: head_pool_kernel };
    if (!frames) { // the case begins at frames of a video
      const { network, dispose } = ofZoo
        ? networkOf(i3dPytorchvideo, zooSettings, golden)
        : networkOf(i3dGowtham, { layers, non_local }, golden);
      try {
        const features = extractedFeatures(golden, network); // [T, 10, D]
        // The code of tushar squeezes its array: of one snippet the file has no T.
        const squeezed = features.shape[0] === 1 &&
          golden.expected.get("features")?.shape.length === 2;
        return { features: squeezed ? tf.squeeze(features, [0]) : features };
      } finally {
        dispose();
      }
    }
    const clips = channelsLast(frames);
    // The networks of gowtham and tushar are one.
    return ofZoo
      ? runBackbone(i3dPytorchvideo, zooSettings, clips, golden)
      : runBackbone(i3dGowtham, { layers, non_local }, clips, golden);
  },
};
