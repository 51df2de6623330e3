import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { scoreWeights } from "../../src/nn/score_weights.ts";
import { assertClose, assertGradient, onCpu } from "../support/on_cpu.ts";

const reference = (s: ArrayLike<number>): number[] => {
  const raised = Array.from(s, (value) => Math.exp(2 * value) - 1);
  const sum = raised.reduce((all, value) => all + value);
  return raised.map((value) => value / sum);
};

onCpu("scoreWeights() are exp(softness s) - 1 by their sum, with its slope", () => {
  const s = tf.tensor2d([[0, 0.5, 0.25]]);
  assertClose(scoreWeights(s, 2), reference(s.dataSync()), 1e-6);
  assertGradient((s) => scoreWeights(s, 2), [s], reference, 1e-4);
});

onCpu("scoreWeights() of scores of 0 are 0", () => {
  assertEquals([...scoreWeights(tf.zeros([1, 3]), 10).dataSync()], [0, 0, 0]);
});
