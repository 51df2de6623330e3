/**
 * Backbone `i3d_pytorchvideo`: I3D ResNet-50 as PyTorchVideo's model zoo has it, trained on 8
 * frames at stride 8.
 *
 * Source: facebookresearch/pytorchvideo:models/resnet.py (create_resnet as i3d_r50 calls it), head
 * and preprocessing of jinmang2/anomaly_detection_on_video. Differs from the official code:
 * nothing. Golden values: tests/golden/i3d_resnet50.
 */

import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone } from "../contract/backbone.ts";
import { residualStage, residualStem } from "../nn/residual_video.ts";
import { runSteps, type Step, volumeMean } from "../nn/steps.ts";
import { padded, volumeOf } from "../nn/volume_unit.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { fittingWindows, volumePool } from "../ops/volume_pool/op.ts";

const size = z.int().positive();

const config = z.strictObject({
  layers: z.tuple([size, size, size, size]).default([3, 4, 6, 3]).describe("blocks of each stage"),
  stem: size.default(64).describe("channels of the stem; features have 32 times as many"),
  // create_resnet gives its own kernel to the head: eight frames weigh 1 2 3 4 4 3 2 1 in a
  // feature.
  head_pool: z.tuple([size, size, size]).default([4, 7, 7]).describe(
    "frames, rows and columns that the head averages at each step",
  ),
});

type PytorchvideoConfig = z.infer<typeof config>;

export const i3dPytorchvideo: Backbone<PytorchvideoConfig> = {
  name: "i3d_pytorchvideo",
  summary: "I3D ResNet-50 of PyTorchVideo's zoo, shorter side 256, ten crops, the tail looped",
  source: "facebookresearch/pytorchvideo i3d_r50; jinmang2/anomaly_detection_on_video",
  config,
  facts: ({ stem }) => ({
    dim: 32 * stem,
    unit: "snippet",
    snippet: 16,
    textAligned: false,
    modality: "rgb",
    lineage: "pytorchvideo",
    input: [16, 224, 224, 3],
    values: "RGB in 0..255, (x - 114.75) / 57.375",
    widest: stem * 16 * 112 * 112, // of the stem
  }),
  build({ layers, stem, head_pool: headPool }, scope) {
    const begin = residualStem(scope, {
      conv: "blocks.0.conv",
      norm: "blocks.0.norm",
      outputs: stem,
      stride: [1, 2, 2],
    });
    const stemPool = padded([1, 3, 3], [1, 2, 2], [0, 1, 1]);
    const steps: Step[] = [
      { run: begin },
      { run: (x) => volumePool(x, "max", stemPool(volumeOf(x))), names: ["stem"] },
    ];
    layers.forEach((blocks, stage) => {
      const width = stem << stage;
      const runs = residualStage(scope, {
        ...{ stage, blocks, width, inputs: stage === 0 ? stem : 2 * width },
        // Block 2 is the pool between the first stages.
        names: (block) => blockNames(`blocks.${stage === 0 ? 1 : stage + 2}.res_blocks.${block}`),
      });
      runs.forEach((run, block) =>
        steps.push({ run, names: block === blocks - 1 ? [`stage${stage + 1}`] : [] })
      );
      if (stage > 0) return;
      const halved: Volume = [2, 1, 1];
      steps.push({
        run: (x: tf.Tensor) => volumePool(x, "max", fittingWindows(x, halved, halved)),
      });
    });
    steps.push({
      run: (x) => volumePool(x, "mean", fittingWindows(x, headPool, [1, 1, 1])),
      names: ["pooled"],
    }, { run: volumeMean });
    return (clips, observe) => runSteps(clips, steps, observe);
  },
  placeOf(name) {
    if (/^blocks\.6\./.test(name)) return "unused"; // the classifier
    return /^blocks\.[01345]\./.test(name) ? { key: name } : null;
  },
};

function blockNames(name: string) {
  return {
    convs: ["a", "b", "c"].map((letter) => `${name}.branch2.conv_${letter}`),
    norms: ["a", "b", "c"].map((letter) => `${name}.branch2.norm_${letter}`),
    shortcut: `${name}.branch1_conv`,
    shortcutNorm: `${name}.branch1_norm`,
    nonLocal: name,
  };
}
