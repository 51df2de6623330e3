import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { gaussianSplatting } from "../../src/losses/gaussian_splatting.ts";
import type { Context, LossScope } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { onCpu } from "../support/on_cpu.ts";

const scope: LossScope = { parameters: () => [], guardSqrt: false, stream: () => 0 };

/** Two normal and two abnormal curves, each with a peak at the third snippet. */
const scores = () =>
  tf.tile(tf.tensor3d([0.125, 0.25, 0.75, 0.5, 0.125, 0.125], [1, 6, 1]), [4, 1, 1]);

function termAt(epoch: number, settings: Record<string, unknown> = {}) {
  const config = gaussianSplatting.config.parse(settings);
  const build = gaussianSplatting.build(config, scope, {});
  const random = new RandomStream(0);
  const context: Context = { mode: "train", random, step: 0, epoch };
  random.dispose();
  return {
    value: (x: tf.Tensor) => build({ scores: x }, context),
    phase: gaussianSplatting.phase!(config, context),
  };
}

onCpu("gaussianSplatting is 0 until its epoch, and says when that changes", () => {
  assertEquals(termAt(0).value(scores()).dataSync()[0], 0);
  assert(termAt(1).value(scores()).dataSync()[0] > 0);
  assert(termAt(0, { from_epoch: 0 }).value(scores()).dataSync()[0] > 0);
  assert(termAt(0).phase !== termAt(1).phase);
  assertEquals(termAt(1).phase, termAt(7).phase);
});

onCpu("gaussianSplatting looks at abnormal videos alone and lifts what its mode covers", () => {
  const slopesOf = (mode: string) => {
    const { value } = termAt(1, { sigma_mode: mode });
    return [...tf.grad((x: tf.Tensor) => value(x))(scores()).dataSync()];
  };
  const [normal, abnormal] = [0, 12].map((start) => slopesOf("index_std").slice(start, start + 12));
  assert(normal.every((slope) => slope === 0));
  assert(abnormal.every((slope) => slope !== 0));
  // Beside the peak: nearly 0 is wanted under index_std, most of 1 under index_width.
  assert(slopesOf("index_std")[12 + 3] > 0);
  assert(slopesOf("index_width")[12 + 3] < 0);
});
