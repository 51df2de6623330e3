/**
 * Backbone `vggish`: VGG over log-mel spectrograms, one feature for 0.96 s of sound.
 *
 * Source: Hershey et al., ICASSP 2017, arXiv 1609.09430; harritaylor/torchvggish. Differs from the
 * official code: nothing. Golden values: tests/golden/vggish.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone, WeightScope } from "../contract/backbone.ts";
import { denseInPieces } from "../nn/dense_pieces.ts";
import { runSteps, type Step } from "../nn/steps.ts";
import { volumeUnit } from "../nn/volume_unit.ts";
import { linear } from "../ops/linear/op.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { fittingWindows, volumePool } from "../ops/volume_pool/op.ts";

const size = z.int().positive();

const config = z.strictObject({
  postprocess: z.enum(["none", "torchvggish", "tensorflow"]).default("none").describe(
    "PCA, clipped and made whole numbers of 0 to 255: torchvggish rounds, TensorFlow's code cuts off; the weights then hold pca_eigen_vectors and pca_means too",
  ),
  last_relu: z.boolean().default(true).describe("ReLU behind the last layer, as first released"),
  channels: z.tuple([size, size, size, size, size, size]).default([64, 128, 256, 256, 512, 512])
    .describe("channels of the convolutions"),
  fc: z.tuple([size, size, size]).default([4096, 4096, 128]).describe(
    "channels of the dense layers, the last those of a feature",
  ),
});

type VggishConfig = z.infer<typeof config>;

/** Rows of a spectrogram, and bands. */
const ROWS = 96, BANDS = 64;

/** Numbers of the convolutions in the state dict, and whether a pool stands behind. */
const CONVS: [index: number, pooled: boolean][] = [
  [0, true],
  [3, true],
  [6, false],
  [8, true],
  [11, false],
  [13, true],
];

/** What PCA's values are clipped to, on both sides. */
const CLIP = 2;

export const vggish: Backbone<VggishConfig> = {
  name: "vggish",
  summary: "VGGish: sound, one feature for 0.96 s",
  source: "Hershey et al., ICASSP 2017; harritaylor/torchvggish",
  config,
  facts: ({ fc, channels }) => ({
    dim: fc[2],
    unit: "audio",
    snippet: ROWS,
    textAligned: false,
    modality: "audio",
    lineage: "vggish",
    input: [ROWS, BANDS],
    values: "ln(mel magnitude + 0.01) of 16 kHz mono",
    widest: channels[0] * ROWS * BANDS,
  }),
  build({ postprocess, last_relu: lastRelu, channels, fc }, scope) {
    const steps: Step[] = [{ run: (x) => tf.reshape(x, [-1, 1, ROWS, BANDS, 1]) }];
    const halved: Volume = [1, 2, 2];
    let inputs = 1, pools = 0;
    CONVS.forEach(([index, pooled], i) => {
      const run = volumeUnit(scope, `features.${index}`, {
        ...{ inputs, outputs: channels[i], kernel: [1, 3, 3], pad: [0, 1, 1], flat: true },
        ...{ bias: true, activation: "relu" },
      });
      steps.push({ run });
      inputs = channels[i];
      if (!pooled) return;
      steps.push({
        run: (x) => volumePool(x, "max", fittingWindows(x, halved, halved)),
        names: [`pool${++pools}`],
      });
    });
    // Row, column, channel: as the places lie, not as PyTorch would flatten them.
    const flat = (ROWS >> pools) * (BANDS >> pools) * inputs;
    steps.push({ run: (x) => tf.reshape(x, [-1, flat]) });
    [flat, fc[0], fc[1]].forEach((width, i) => {
      const name = `embeddings.${2 * i}`;
      const last = i === 2;
      const run = denseInPieces(scope, name, {
        ...{ inputs: width, outputs: fc[i], activation: last ? "none" : "relu" },
      });
      steps.push({ run, names: last ? ["before_last_relu"] : [] });
    });
    if (lastRelu) steps.push({ run: (x) => tf.relu(x) });
    steps.push({ run: (x) => x, names: ["embedding"] });
    const ending = postprocess === "none" ? [] : quantisation(scope, fc[2], postprocess);
    const all = [...steps, ...ending];
    return (clips, observe) => runSteps(clips, all, observe);
  },
  placeOf(name, { postprocess }) {
    if (/^pca_(eigen_vectors|means)$/.test(name)) {
      return postprocess === "none" ? "unused" : { key: name };
    }
    return /^(features|embeddings)\.\d+\.(weight|bias)$/.test(name) ? { key: name } : null;
  },
};

/** v = E (f - means), clipped, spread over 0 to 255 and made whole. */
function quantisation(
  scope: WeightScope,
  width: number,
  whole: "torchvggish" | "tensorflow",
): Step[] {
  const vectors = scope.tensor({ pca_eigen_vectors: [width, width] });
  const means = scope.tensor({ pca_means: [width, 1] }, [1, width]);
  return [
    { run: (x) => linear(tf.sub(x, means), vectors), names: ["pca"] },
    {
      run(x) {
        const clipped = tf.clipByValue(x, -CLIP, CLIP);
        const spread = tf.mul(tf.add(clipped, CLIP), 255 / (2 * CLIP));
        return whole === "torchvggish" ? tf.round(spread) : tf.floor(spread);
      },
      names: ["quantised"],
    },
  ];
}
