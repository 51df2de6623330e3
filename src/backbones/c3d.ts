/**
 * Backbone `c3d`: C3D up to fc6, as Sultani's features are made (caffe) and as the PyTorch ports
 * have it (port).
 *
 * Source: Tran et al., ICCV 2015, arXiv 1412.0767; ekosman/AnomalyDetectionCVPR2018-Pytorch,
 * DavideA/c3d-pytorch; facebookarchive/C3D. Differs from the official code: nothing. Golden values:
 * tests/golden/c3d.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone } from "../contract/backbone.ts";
import { denseInPieces } from "../nn/dense_pieces.ts";
import { runSteps, type Step } from "../nn/steps.ts";
import { padded, volumeOf, volumeUnit, type WindowsOver } from "../nn/volume_unit.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { volumePool } from "../ops/volume_pool/op.ts";

const size = z.int().positive();

const config = z.strictObject({
  lineage: z.enum(["port", "caffe"]).default("port").describe(
    "the PyTorch ports, or the original program, whose last pool and preprocessing differ",
  ),
  frames: size.default(16).describe("frames of a clip"),
  rows: size.default(112).describe("rows of a frame"),
  columns: size.default(112).describe("columns of a frame"),
  outputs: size.default(4096).describe("channels of fc6"),
});

type C3dConfig = z.infer<typeof config>;

/** The convolutions, and the kernel and stride of the pool behind them. */
const STAGES: [convs: [name: string, inputs: number, outputs: number][], pool: Volume][] = [
  [[["conv1", 3, 64]], [1, 2, 2]],
  [[["conv2", 64, 128]], [2, 2, 2]],
  [[["conv3a", 128, 256], ["conv3b", 256, 256]], [2, 2, 2]],
  [[["conv4a", 256, 512], ["conv4b", 512, 512]], [2, 2, 2]],
  [[["conv5a", 512, 512], ["conv5b", 512, 512]], [2, 2, 2]],
];

/**
 * The last pool: the ports pad rows and columns on both sides, Caffe takes the windows that hang
 * over the end. Both make 4 of 7, of other numbers; the weights were trained with Caffe's.
 */
function lastPool(lineage: C3dConfig["lineage"]): WindowsOver {
  const kernel: Volume = [2, 2, 2];
  if (lineage === "port") return padded(kernel, kernel, [0, 1, 1]);
  return (sizes) => ({
    ...{ kernel, stride: kernel, front: [0, 0, 0] },
    out: sizes.map((size) => Math.ceil(size / 2)) as Volume,
  });
}

export const c3d: Backbone<C3dConfig> = {
  name: "c3d",
  summary: "C3D up to fc6: the PyTorch ports, or the original program on Caffe",
  source: "Tran et al., ICCV 2015; ekosman/AnomalyDetectionCVPR2018-Pytorch, facebookarchive/C3D",
  config,
  facts: ({ lineage, frames, rows, columns, outputs }) => ({
    dim: outputs,
    unit: "snippet",
    snippet: frames,
    textAligned: false,
    modality: "rgb",
    lineage: `c3d_${lineage}`,
    input: [frames, rows, columns, 3],
    values: lineage === "port"
      ? "RGB in 0..1, minus (124, 117, 104) / 255, times 0.0167 * 255"
      : "BGR in 0..255, minus the mean volume",
    widest: 64 * frames * rows * columns, // of the first convolution
  }),
  build({ lineage, frames, rows, columns, outputs }, scope) {
    const steps: Step[] = [];
    let sizes: Volume = [frames, rows, columns];
    STAGES.forEach(([convs, kernel], i) => {
      for (const [name, inputs, outputs] of convs) {
        const run = volumeUnit(scope, name, {
          ...{ inputs, outputs, kernel: [3, 3, 3], pad: [1, 1, 1], bias: true, activation: "relu" },
        });
        steps.push({ run });
      }
      const over = i === STAGES.length - 1 ? lastPool(lineage) : padded(kernel, kernel);
      steps.push({
        run: (x) => volumePool(x, "max", over(volumeOf(x))),
        names: [`pool${i + 1}`],
      });
      sizes = over(sizes).out;
    });
    const places = sizes.reduce((product, size) => product * size, 1), inputs = 512 * places;
    const fc6 = denseInPieces(scope, "fc6", {
      ...{ inputs, outputs, activation: "relu" },
      order: (rows) => channelsLast(rows, 512, places),
    });
    steps.push({ run: (x) => fc6(tf.reshape(x, [-1, inputs])) });
    return (clips, observe) => runSteps(clips, steps, observe);
  },
  placeOf(name) {
    if (/^fc[789]\./.test(name)) return "unused"; // the classifier
    return /^(conv[1-5][ab]?|fc6)\.(weight|bias)$/.test(name) ? { key: name } : null;
  },
};

/** Rows of [channels, places] -> rows of [places, channels]. */
function channelsLast(values: Float32Array, channels: number, places: number): Float32Array {
  const turned = new Float32Array(values.length), row = channels * places;
  for (let start = 0; start < values.length; start += row) {
    for (let p = 0, at = start; p < places; p++) {
      for (let c = 0; c < channels; c++) turned[at++] = values[start + c * places + p];
    }
  }
  return turned;
}
