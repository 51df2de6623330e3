/**
 * Backbone `i3d_inception`: I3D on Inception-v1, as UR-DMU and DeepMIL's users extract (urdmu) and
 * as the widely used port has it (piergiaj).
 *
 * Source: Carreira and Zisserman, CVPR 2017, arXiv 1705.07750; henrryzh1/UR-DMU:feature_extract,
 * piergiaj/pytorch-i3d. Differs from the official code: nothing. Golden values:
 * tests/golden/i3d_inception.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone, WeightScope } from "../contract/backbone.ts";
import { runSteps, type Step } from "../nn/steps.ts";
import { volumeOf, volumeUnit, type WindowsOver } from "../nn/volume_unit.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { fittingWindows, volumePool } from "../ops/volume_pool/op.ts";

const config = z.strictObject({
  lineage: z.enum(["urdmu", "piergiaj"]).default("urdmu").describe(
    "whose names, padding, batch norm and preprocessing",
  ),
  avg_pool: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()])
    .default([2, 7, 7]).describe("frames, rows and columns that a feature is the mean of"),
});

type InceptionConfig = z.infer<typeof config>;
type Run = (x: tf.Tensor) => tf.Tensor;

/** How a code pads and normalises, and what it calls its layers. */
interface Code {
  epsilon: number;
  windows(kernel: Volume, stride: Volume, pool: boolean): WindowsOver;
  /** Name of a unit's batch norm. */
  norm: string;
  stem: (name: string) => string;
  mixed: (name: string) => string;
  /** Names of the units of branches 0 to 3 within a mixed block. */
  branches: [string, string, string, string, string, string];
}

/** UR-DMU's padding does not depend on the size; its pools hang over the end. */
function fixedWindows(kernel: Volume, stride: Volume, pool: boolean): WindowsOver {
  const total = kernel.map((size, i) => Math.max(size - stride[i], 0));
  return (sizes) => {
    const out = sizes.map((size, i) => {
      const steps = (size + total[i] - kernel[i]) / stride[i];
      const count = (pool ? Math.ceil(steps) : Math.floor(steps)) + 1;
      return (count - 1) * stride[i] >= size + total[i] ? count - 1 : count;
    });
    return windowsOf({ kernel, stride }, total, out);
  };
}

/** As TensorFlow's SAME: as many windows as steps fit into the size, the last begun one whole. */
function sameWindows(kernel: Volume, stride: Volume): WindowsOver {
  return (sizes) => {
    const out = sizes.map((size, i) => Math.ceil(size / stride[i]));
    const total = sizes.map((size, i) =>
      Math.max(kernel[i] - (size % stride[i] === 0 ? stride[i] : size % stride[i]), 0)
    );
    return windowsOf({ kernel, stride }, total, out);
  };
}

/** The smaller half of the padding lies in front. */
function windowsOf(
  steps: { kernel: Volume; stride: Volume },
  total: number[],
  out: number[],
): ReturnType<WindowsOver> {
  return { ...steps, front: total.map((pad) => Math.floor(pad / 2)) as Volume, out: out as Volume };
}

/** By lineage. */
export const CODES: Record<InceptionConfig["lineage"], Code> = {
  urdmu: {
    epsilon: 1e-5,
    windows: fixedWindows,
    norm: "batch3d",
    stem: (name) => `conv3d_${name}`,
    mixed: (name) => `mixed_${name}`,
    branches: ["branch_0", "branch_1.0", "branch_1.1", "branch_2.0", "branch_2.1", "branch_3.1"],
  },
  piergiaj: {
    epsilon: 1e-3,
    windows: sameWindows,
    norm: "bn",
    stem: (name) => `Conv3d_${name}`,
    mixed: (name) => `Mixed_${name}`,
    branches: ["b0", "b1a", "b1b", "b2a", "b2b", "b3b"],
  },
};

/**
 * The mixed blocks and pools behind the stem: channels of the units of branch 0, of both of 1, of
 * both of 2, and of 3; or kernel and stride of a pool.
 */
const MIDDLE: [name: string, number[] | { kernel: Volume; stride: Volume }][] = [
  ["3b", [64, 96, 128, 16, 32, 32]],
  ["3c", [128, 128, 192, 32, 96, 64]],
  ["pool_4a", { kernel: [3, 3, 3], stride: [2, 2, 2] }],
  ["4b", [192, 96, 208, 16, 48, 64]],
  ["4c", [160, 112, 224, 24, 64, 64]],
  ["4d", [128, 128, 256, 24, 64, 64]],
  ["4e", [112, 144, 288, 32, 64, 64]],
  ["4f", [256, 160, 320, 32, 128, 128]],
  ["pool_5a", { kernel: [2, 2, 2], stride: [2, 2, 2] }],
  ["5b", [256, 160, 320, 32, 128, 128]],
  ["5c", [384, 192, 384, 48, 128, 128]],
];

const SPATIAL: Volume = [1, 3, 3], CUBE: Volume = [3, 3, 3], POINT: Volume = [1, 1, 1];

export const i3dInception: Backbone<InceptionConfig> = {
  name: "i3d_inception",
  summary: "I3D on Inception-v1: UR-DMU's extractor (urdmu) or the port of piergiaj",
  source: "Carreira and Zisserman, CVPR 2017; henrryzh1/UR-DMU, piergiaj/pytorch-i3d",
  config,
  facts: ({ lineage }) => ({
    dim: 1024,
    unit: "snippet",
    snippet: 16,
    textAligned: false,
    modality: "rgb",
    lineage,
    input: [16, 224, 224, 3],
    values: "RGB, x * 2 / 255 - 1",
    widest: 64 * 8 * 112 * 112, // of the first convolution
  }),
  build({ lineage, avg_pool: averaged }, scope) {
    const code = CODES[lineage];
    const pool = (kernel: Volume, stride: Volume): Run => {
      const over = code.windows(kernel, stride, true);
      // The codes pad with zeros, which win over nothing: a ReLU stands before every pool.
      return (x) => volumePool(x, "max", over(volumeOf(x)));
    };
    const stem = (name: string, inputs: number, outputs: number, kernel: Volume, step = 1): Run =>
      unit(scope, code, code.stem(name), { inputs, outputs, kernel, stride: [step, step, step] });
    const halved: Volume = [1, 2, 2];
    const steps: Step[] = [
      { run: stem("1a_7x7", 3, 64, [7, 7, 7], 2), names: ["conv_1a"] },
      { run: pool(SPATIAL, halved), names: ["pool_2a"] },
      { run: stem("2b_1x1", 64, 64, POINT), names: ["conv_2b"] },
      { run: stem("2c_3x3", 64, 192, CUBE), names: ["conv_2c"] },
      { run: pool(SPATIAL, halved), names: ["pool_3a"] },
    ];
    let channels = 192;
    for (const [name, part] of MIDDLE) {
      if (!Array.isArray(part)) {
        steps.push({ run: pool(part.kernel, part.stride), names: [name] });
        continue;
      }
      const run = mixed(scope, code, code.mixed(name), channels, part, pool(CUBE, POINT));
      steps.push({ run, names: [`mixed_${name}`] });
      channels = part[0] + part[2] + part[4] + part[5];
    }
    steps.push({
      run: (x) => volumePool(x, "mean", fittingWindows(x, averaged, POINT)),
      names: ["pooled"],
    });
    // Clips of 16 frames give one output each, longer ones several.
    steps.push({ run: (x) => tf.reshape(x, [-1, x.shape[4]!]) });
    return (clips, observe) => runSteps(clips, steps, observe);
  },
  placeOf(name, { lineage }) {
    const { stem, mixed } = CODES[lineage];
    if (/^(conv3d_0c_1x1|logits)\./.test(name)) return "unused"; // the classifier
    return name.startsWith(stem("")) || name.startsWith(mixed("")) ? { key: name } : null;
  },
};

/** Convolution, batch norm and ReLU under `<name>.conv3d` and `<name>.<norm>`. */
function unit(
  scope: WeightScope,
  { windows, norm, epsilon }: Code,
  name: string,
  { kernel, stride = POINT, ...channels }: {
    inputs: number;
    outputs: number;
    kernel: Volume;
    stride?: Volume;
  },
): Run {
  return volumeUnit(scope, `${name}.conv3d`, {
    ...{ ...channels, kernel, stride, pad: windows(kernel, stride, false), activation: "relu" },
    norm: { name: `${name}.${norm}`, epsilon },
  });
}

/** Four branches side by side; channels in the order of {@link MIDDLE}. */
function mixed(
  scope: WeightScope,
  code: Code,
  name: string,
  inputs: number,
  [a, b, c, d, e, f]: number[],
  pool: Run,
): Run {
  const of = (i: number, inputs: number, outputs: number, kernel: Volume) =>
    unit(scope, code, `${name}.${code.branches[i]}`, { inputs, outputs, kernel });
  const point = of(0, inputs, a, POINT);
  const reduce1 = of(1, inputs, b, POINT), look1 = of(2, b, c, CUBE);
  const reduce2 = of(3, inputs, d, POINT), look2 = of(4, d, e, CUBE);
  const pooled = of(5, inputs, f, POINT);
  const branches: Run[] = [
    point,
    (x) => look1(reduce1(x)),
    (x) => look2(reduce2(x)),
    (x) => pooled(pool(x)),
  ];
  return (x) => tf.concat(branches.map((branch) => tf.tidy(() => branch(x))), 4);
}
