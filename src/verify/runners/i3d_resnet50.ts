/** I3D ResNet-50 in its lineages: golden/i3d_resnet50. */

import { i3dGowtham } from "../../backbones/i3d_gowtham.ts";
import { i3dPytorchvideo } from "../../backbones/i3d_pytorchvideo.ts";
import { channelsLast, networkOf, runBackbone } from "../backbone_case.ts";
import { extractedFeatures } from "../extract_case.ts";
import type { PartRunner } from "../golden_runner.ts";

export const i3dResnet50: PartRunner = {
  compute({ frames }, golden) {
    const { lineage, layers, non_local, stem_dim_out, head_pool_kernel } = golden.hyper;
    if (!frames) { // the case begins at frames of a video
      const { network, dispose } = networkOf(i3dGowtham, { layers, non_local }, golden);
      try {
        return { features: extractedFeatures(golden, network) };
      } finally {
        dispose();
      }
    }
    const clips = channelsLast(frames);
    // The networks of gowtham and tushar are one.
    return lineage === "pytorchvideo"
      ? runBackbone(
        i3dPytorchvideo,
        { layers, stem: stem_dim_out, head_pool: head_pool_kernel },
        clips,
        golden,
      )
      : runBackbone(i3dGowtham, { layers, non_local }, clips, golden);
  },
};
