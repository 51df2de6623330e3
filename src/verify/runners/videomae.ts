/** VideoMAE-B, pre-trained and fine-tuned: golden/videomae. */

import * as tf from "@tensorflow/tfjs";
import { videomae } from "../../backbones/videomae.ts";
import { channelsLast, runBackbone } from "../backbone_case.ts";
import type { PartRunner } from "../golden_runner.ts";

export const videomaeCases: PartRunner = {
  compute({ frames }, golden) {
    const { use_mean_pooling, tokens: _, activation: __, ...sizes } = golden.hyper;
    const settings = { ...sizes, mean_pooling: use_mean_pooling };
    const found = runBackbone(videomae, settings, channelsLast(frames), golden);
    if (!found.last) return found;
    const [N, , width] = found.last.shape as number[];
    return {
      ...found,
      token_0: tf.reshape(tf.slice(found.last, [0, 0, 0], [N, 1, width]), [N, width]),
    };
  },
};
