/** I3D on Inception-v1 in its lineages: golden/i3d_inception. */

import * as tf from "@tensorflow/tfjs";
import { CODES, i3dInception } from "../../backbones/i3d_inception.ts";
import { channelsLast, runBackbone } from "../backbone_case.ts";
import type { PartRunner } from "../golden_runner.ts";

export const i3dInceptionCases: PartRunner = {
  fixed: ({ lineage }) => ({ batch_norm_eps: CODES[lineage as keyof typeof CODES].epsilon }),
  compute({ frames }, golden) {
    const { lineage, avg_pool } = golden.hyper;
    const found = runBackbone(i3dInception, { lineage, avg_pool }, channelsLast(frames), golden);
    // Where the average pool leaves several places, a case keeps them apart.
    if (golden.expected.get("features")?.shape.length !== 5) return found;
    return { ...found, features: tf.transpose(found.pooled, [0, 4, 1, 2, 3]) };
  },
};
