/**
 * Loss `reconstruction_bce`: the reconstruction of a video from normal patterns looks normal.
 *
 * Source: S3R, Wu et al., ECCV 2022, section 3.4; louisYen/S3R:trainer.py: cross entropy with the
 * label normal for every video, abnormal ones too. jinmang2/wsad takes the video labels.
 *
 * Requires reconstruction.scores [B, 1] in [0, 1]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
  labels: z.enum(["normal", "video"]).default("normal").describe(
    "normal: 0 for every video, as the official code; video: 1 for abnormal videos",
  ),
});

export const reconstructionBce: LossTerm<z.infer<typeof config>> = {
  name: "reconstruction_bce",
  summary: "the reconstruction from normal patterns is scored as normal",
  source: "S3R, Wu et al., ECCV 2022; louisYen/S3R:trainer.py",
  config,
  requires: { "reconstruction.scores": "B 1 : unit" },
  build: ({ labels }) => (values) => {
    const scores = values["reconstruction.scores"]; // [2n, 1], normal first
    const n = scores.shape[0] / 2;
    const target = labels === "normal"
      ? tf.zeros([2 * n, 1])
      : tf.concat([tf.zeros([n, 1]), tf.ones([n, 1])]);
    return binaryCrossEntropy(scores, target);
  },
};
