import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { gaussianSplatting } from "../../src/losses/gaussian_splatting.ts";
import type { Context, LossScope } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

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

onCpu("gaussianSplatting is the cross entropy with the peak and what its slope covers", () => {
  // The curve falls on 2 snippets to the left and 3 to the right:
  // the window of the peak is snippets 0 to 4, of mean
  // 0.35 and variance 0.29375 / 4. Only the snippet behind the peak lies less than a deviation
  // below it.
  const variance = 0.0734375;
  for (
    const [mode, behind] of [
      ["index_std", Math.exp(-1 / (2 * variance))],
      ["score_std", Math.exp(-(0.25 ** 2) / (2 * variance))],
      ["index_width", Math.exp(-1 / 8)],
    ] as const
  ) {
    const target = [0, 0, 1, behind, 0, 0];
    const entropy = (curve: number[]) =>
      -meanOf(curve.map((s, t) => target[t] * Math.log(s) + (1 - target[t]) * Math.log(1 - s)));
    const hand = entropy([0.125, 0.25, 0.75, 0.5, 0.125, 0.125]);
    const formula = ({ scores: s }: Record<string, ArrayLike<number>>) =>
      meanOf([12, 18].map((start) => entropy(Array.from(s).slice(start, start + 6))));
    checkTerm(gaussianSplatting, { scores: scores() }, hand, formula, {
      settings: { sigma_mode: mode },
      epoch: 1,
    });
  }
});
