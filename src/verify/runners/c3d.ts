/** C3D with the last pool of the ports and of Caffe: golden/c3d. */

import * as tf from "@tensorflow/tfjs";
import { c3d } from "../../backbones/c3d.ts";
import { channelsLast, runBackbone } from "../backbone_case.ts";
import type { PartRunner } from "../golden_runner.ts";

export const c3dCases: PartRunner = {
  compute({ frames }, golden) {
    const { last_pool, T, height, width, fc6 } = golden.hyper;
    const lineage = String(last_pool).includes("ceil") ? "caffe" : "port";
    const [, outputs] = fc6 as number[];
    const settings = { lineage, frames: T, rows: height, columns: width, outputs };
    const found = runBackbone(c3d, settings, channelsLast(frames), golden);
    const kept = golden.expected.get("pool5")?.shape; // its first channels
    if (!kept) return found;
    const pool5 = tf.transpose(found.pool5, [0, 4, 1, 2, 3]);
    return { ...found, pool5: tf.slice(pool5, [0, 0, 0, 0, 0], kept) };
  },
};
