/**
 * ResNet-50 over video: bottleneck blocks of which some look at three frames, with or without
 * non-local blocks. Three codes have it, under two sets of names.
 *
 * Source: Carreira and Zisserman, CVPR 2017; Wang et al., CVPR 2018 (non-local);
 * GowthamGottimukkala/I3D_Feature_Extraction_resnet, Tushar-N/pytorch-resnet3d,
 * facebookresearch/pytorchvideo:models/resnet.py.
 */

import * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../contract/backbone.ts";
import { attention } from "../ops/attention/op.ts";
import type { Volume } from "../ops/volume_conv/op.ts";
import { fittingWindows, volumePool } from "../ops/volume_pool/op.ts";
import { volumeUnit } from "./volume_unit.ts";

/** Of all batch norms. */
const EPSILON = 1e-5;

/** Whether a block looks at three frames, by stage and block; every other one in deeper stages. */
function overTime(stage: number, block: number): boolean {
  return stage === 0 || (stage === 3 ? block % 2 === 1 : block % 2 === 0);
}

/** Keys of a block's convolutions and norms. */
export interface BlockNames {
  /** Of the three convolutions. */
  convs: string[];
  norms: string[];
  shortcut: string;
  shortcutNorm: string;
  /** What the keys of a non-local block begin with. */
  nonLocal: string;
}

export interface StageOptions {
  /** 0 to 3. */
  stage: number;
  blocks: number;
  /** Channels that come in; the stem's, or those of the stage before. */
  inputs: number;
  /** Channels within a block; four times as many come out. */
  width: number;
  names: (block: number) => BlockNames;
  /** A non-local block behind every second block, in stages 1 and 2. */
  nonLocal?: boolean;
}

/**
 * The blocks of a stage, one after the other: x [N, T, H, W, inputs] -> [N, T, H', W', 4 width];
 * the first halves rows and columns but in stage 0.
 */
export function residualStage(
  scope: WeightScope,
  { stage, blocks, inputs, width, names, nonLocal = false }: StageOptions,
): ((x: tf.Tensor) => tf.Tensor)[] {
  return Array.from({ length: blocks }, (_, block) => {
    const named = names(block);
    const run = bottleneck(scope, named, {
      inputs: block === 0 ? inputs : 4 * width,
      width,
      step: stage > 0 && block === 0 ? 2 : 1,
      frames: overTime(stage, block) ? 3 : 1,
      first: block === 0,
    });
    if (!nonLocal || block % 2 === 0) return run;
    const attend = nonLocalBlock(scope, named.nonLocal, 4 * width);
    return (x) => attend(run(x));
  });
}

function bottleneck(
  scope: WeightScope,
  { convs, norms, shortcut, shortcutNorm }: BlockNames,
  { inputs, width, step, frames, first }: {
    inputs: number;
    width: number;
    step: number;
    frames: number;
    first: boolean;
  },
): (x: tf.Tensor) => tf.Tensor {
  const norm = (name: string) => ({ name, epsilon: EPSILON });
  const stride: Volume = [1, step, step];
  const reduce = volumeUnit(scope, convs[0], {
    ...{ inputs, outputs: width, norm: norm(norms[0]), activation: "relu" },
    ...{ kernel: [frames, 1, 1], pad: [(frames - 1) / 2, 0, 0] },
  });
  const look = volumeUnit(scope, convs[1], {
    ...{ inputs: width, outputs: width, norm: norm(norms[1]), activation: "relu" },
    ...{ kernel: [1, 3, 3], stride, pad: [0, 1, 1] },
  });
  const widen = volumeUnit(scope, convs[2], {
    ...{ inputs: width, outputs: 4 * width, norm: norm(norms[2]), kernel: [1, 1, 1] },
  });
  const past = first
    ? volumeUnit(scope, shortcut, {
      ...{ inputs, outputs: 4 * width, norm: norm(shortcutNorm), kernel: [1, 1, 1], stride },
    })
    : (x: tf.Tensor) => x;
  return (x) => {
    const seen = tf.tidy(() => widen(look(reduce(x))));
    return tf.relu(tf.add(seen, past(x)));
  };
}

/**
 * Every place of x [N, T, H, W, C] takes what the others hold, weighted by softmax over places of
 * halved rows and columns, and adds it to itself.
 */
function nonLocalBlock(
  scope: WeightScope,
  name: string,
  channels: number,
): (x: tf.Tensor) => tf.Tensor {
  const inner = channels / 2;
  const projection = (part: string) =>
    volumeUnit(scope, `${name}.${part}`, {
      ...{ inputs: channels, outputs: inner, kernel: [1, 1, 1], bias: true },
    });
  const theta = projection("theta"), phi = projection("phi"), g = projection("g");
  const out = volumeUnit(scope, `${name}.out`, {
    ...{ inputs: inner, outputs: channels, kernel: [1, 1, 1], bias: true },
    norm: { name: `${name}.bn`, epsilon: EPSILON },
  });
  return (x) => {
    const [N, T, H, W] = x.shape as number[];
    const places = (y: tf.Tensor) => tf.reshape(y, [N, -1, inner]);
    const fewer = volumePool(x, "max", fittingWindows(x, [1, 2, 2], [1, 2, 2]));
    const seen = attention( // [N, T H W, inner]
      places(theta(x)),
      places(phi(fewer)),
      places(g(fewer)),
      inner ** -0.5,
      { implementation: scope.attnImpl },
    );
    return tf.add(x, out(tf.reshape(seen, [N, T, H, W, inner])));
  };
}

/** The first convolution, over five frames and 7 x 7 places. */
export function residualStem(
  scope: WeightScope,
  { conv, norm, outputs, stride }: {
    conv: string;
    norm: string;
    outputs: number;
    stride: Volume;
  },
): (x: tf.Tensor) => tf.Tensor {
  return volumeUnit(scope, conv, {
    ...{ inputs: 3, outputs, kernel: [5, 7, 7], stride, pad: [2, 3, 3], activation: "relu" },
    norm: { name: norm, epsilon: EPSILON },
  });
}
