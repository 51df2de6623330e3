/**
 * I3D ResNet-50 as Tushar-N converted it from Facebook's Caffe2 models, with or without non-local
 * blocks: the network that lineages gowtham and tushar share, whose features are equal to the bit.
 *
 * Source: Wang et al., CVPR 2018, arXiv 1711.07971; Tushar-N/pytorch-resnet3d,
 * GowthamGottimukkala/I3D_Feature_Extraction_resnet. Differs from the official code: nothing.
 * Golden values: tests/golden/i3d_resnet50.
 */

import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone, BackboneFacts, WeightPlace, WeightScope } from "../contract/backbone.ts";
import { residualStage, residualStem } from "../nn/residual_video.ts";
import { runSteps, type Step, volumeMean } from "../nn/steps.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { fittingWindows, volumePool } from "../ops/volume_pool/op.ts";

const config = z.strictObject({
  non_local: z.boolean().default(false).describe(
    "non-local blocks, for i3d_nonlocal_32x2_IN_pretrain_400k.pkl; false: for the baseline",
  ),
  layers: z.tuple([z.int().positive(), z.int().positive(), z.int().positive(), z.int().positive()])
    .default([3, 4, 6, 3]).describe("blocks of each stage"),
});

type I3dConfig = z.infer<typeof config>;

/** Channels of the stem; stages have 64, 128, 256 and 512 within, four times as many outside. */
const WIDTH = 64;

/** Caffe2's names of what a batch norm holds; riv is the variance, not its inverse. */
const NORM_PARTS: Record<string, string> = {
  s: "weight",
  b: "bias",
  rm: "running_mean",
  riv: "running_var",
};

/** The entry of a lineage. */
export function i3dNonLocal(
  lineage: "gowtham" | "tushar",
  said: { summary: string; values: string },
): Backbone<I3dConfig> {
  return {
    name: `i3d_${lineage}`,
    summary: said.summary,
    source: "Wang et al., CVPR 2018; " +
      (lineage === "gowtham"
        ? "GowthamGottimukkala/I3D_Feature_Extraction_resnet"
        : "Tushar-N/pytorch-resnet3d, jinmang2/anomaly_detection_on_video"),
    config,
    facts: (): BackboneFacts => ({
      dim: 32 * WIDTH,
      unit: "snippet",
      snippet: 16,
      textAligned: false,
      modality: "rgb",
      lineage,
      input: [16, 224, 224, 3],
      values: said.values,
      widest: WIDTH * 8 * 112 * 112, // of the stem
    }),
    build: network,
    placeOf,
  };
}

function network({ non_local: nonLocal, layers }: I3dConfig, scope: WeightScope) {
  const pool = (kernel: Volume, stride: Volume) => (x: tf.Tensor) =>
    volumePool(x, "max", fittingWindows(x, kernel, stride));
  const steps: Step[] = [
    {
      run: residualStem(scope, {
        conv: "conv1",
        norm: "bn1",
        outputs: WIDTH,
        stride: [2, 2, 2],
      }),
      names: ["stem"],
    },
    { run: pool([2, 3, 3], [2, 2, 2]), names: ["pool1"] },
  ];
  layers.forEach((blocks, stage) => {
    const attends = nonLocal && (stage === 1 || stage === 2);
    const runs = residualStage(scope, {
      ...{ stage, blocks, nonLocal: attends, width: WIDTH << stage },
      inputs: stage === 0 ? WIDTH : 2 * (WIDTH << stage),
      names: (block) => blockNames(`layer${stage + 1}.${block}`),
    });
    runs.forEach((run, block) => {
      const names = attends && block % 2 === 1 ? [`nl_layer${stage + 1}_${block}`] : [];
      if (block === blocks - 1) names.push(`layer${stage + 1}`);
      steps.push({ run, names });
    });
    if (stage === 0) steps.push({ run: pool([2, 1, 1], [2, 1, 1]) });
  });
  steps.push({ run: volumeMean });
  return (clips: tf.Tensor, observe?: Parameters<typeof runSteps>[2]) =>
    runSteps(clips, steps, observe);
}

function blockNames(name: string) {
  return {
    convs: [1, 2, 3].map((i) => `${name}.conv${i}`),
    norms: [1, 2, 3].map((i) => `${name}.bn${i}`),
    shortcut: `${name}.downsample.0`,
    shortcutNorm: `${name}.downsample.1`,
    nonLocal: `${name}.nl`,
  };
}

/** PyTorch's names as they are, Caffe2's blobs by theirs. */
function placeOf(name: string): WeightPlace | "unused" | null {
  if (/^(conv1|bn1|layer[1-4]\.\d+)\./.test(name)) return { key: name };
  if (/^(fc\.|pred_)|_momentum$|^(lr|model_iter)$/.test(name)) return "unused";
  if (name === "conv1_w") return { key: "conv1.weight" };
  const norm = /^(.*)_bn_(s|b|rm|riv)$/.exec(name);
  const end = norm ? NORM_PARTS[norm[2]] : "weight";
  const start = norm ? norm[1] : name;
  if (norm && start === "res_conv1") return { key: `bn1.${end}` };
  const branch = /^res(\d)_(\d)_branch(1|2a|2b|2c)(_w)?$/.exec(start);
  if (branch && Boolean(branch[4]) !== Boolean(norm)) {
    const block = `layer${Number(branch[1]) - 1}.${branch[2]}`;
    if (branch[3] === "1") return { key: `${block}.downsample.${norm ? 1 : 0}.${end}` };
    return { key: `${block}.${norm ? "bn" : "conv"}${"abc".indexOf(branch[3][1]) + 1}.${end}` };
  }
  const attends = /^nonlocal_conv(\d)_(\d)(?:_(theta|phi|g|out)_(w|b))?$/.exec(start);
  if (!attends || Boolean(attends[3]) === Boolean(norm)) return null;
  const block = `layer${Number(attends[1]) - 1}.${attends[2]}.nl`;
  if (norm) return { key: `${block}.bn.${end}` };
  return { key: `${block}.${attends[3]}.${attends[4] === "w" ? "weight" : "bias"}` };
}
