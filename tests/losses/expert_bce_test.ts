import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { expertBce } from "../../src/losses/expert_bce.ts";
import type { Context, LossScope } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

const scope: LossScope = { parameters: () => [], guardSqrt: false, stream: () => 0 };

/** expert_scores [B, E, T], normal videos first. */
function termOf(scores: tf.Tensor, classIds: number[]): tf.Scalar {
  const term = expertBce.build(expertBce.config.parse({}), scope, {});
  const random = new RandomStream(0);
  const context: Context = { mode: "train", random, step: 0, epoch: 0 };
  random.dispose();
  return term(
    { expert_scores: scores, class_ids: tf.tensor1d(classIds, "int32") },
    context,
  );
}

onCpu("expertBce wants expert c - 1 on class c and no other, of abnormal videos alone", () => {
  const [own, other] = [0.75, 0.125];
  // Two experts; the best of two snippets counts. Normal videos hold what would cost most.
  const scores = tf.tensor3d([
    [[0, 1], [1, 0]],
    [[0, 1], [1, 0]],
    [[own, 0], [0, other]],
    [[0, other], [own, 0]],
  ]);
  const right = -(Math.log(own) + Math.log(1 - other)) / 2;
  assertAlmostEquals(termOf(scores, [0, 0, 1, 2]).dataSync()[0], right, 1e-6);
  const wrong = -(Math.log(1 - own) + Math.log(other)) / 2;
  assertAlmostEquals(termOf(scores, [0, 0, 2, 1]).dataSync()[0], wrong, 1e-6);
  const slopes = tf.grad((x: tf.Tensor) => termOf(x, [0, 0, 1, 2]))(scores).dataSync();
  assertEquals([...slopes].slice(0, 8), Array(8).fill(0));
});

onCpu("expertBce wants 0 of every expert for a class beyond them", () => {
  const scores = tf.fill([2, 3, 4], 0.25);
  assertAlmostEquals(termOf(scores, [0, 13]).dataSync()[0], -Math.log(0.75), 1e-6);
});

onCpu("expertBce has the slope of its formula: the best T / divisor + extra scores count", () => {
  // Two experts, four snippets, k = 4 / 2 + 0: means 0.5 and 0.75;
  // the class is the second expert's.
  const abnormal = [[0.25, 0.5, 0.125, 0.5], [0.875, 0.25, 0.625, 0.125]];
  const scores = tf.tensor3d([[[0.5, 0.25, 0.75, 0.125], [0.5, 0.25, 0.75, 0.125]], abnormal]);
  const constants = { class_ids: tf.tensor1d([0, 2], "int32") };
  const hand = (Math.LN2 + Math.log(4 / 3)) / 2;
  checkTerm(expertBce, { expert_scores: scores }, hand, ({ expert_scores: x }) => {
    const best = (start: number) =>
      meanOf(Array.from(x).slice(start, start + 4).sort((a, b) => b - a).slice(0, 2));
    return -(Math.log(1 - best(8)) + Math.log(best(12))) / 2;
  }, { settings: { divisor: 2 }, constants });
});
