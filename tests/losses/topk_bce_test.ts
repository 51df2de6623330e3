import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { bestMean, topkBce } from "../../src/losses/topk_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf, termOf } from "../support/one_term.ts";

const scores = () => tf.tensor3d([0.5, 0.25, 0.75, 0.125, 0.25, 0.5, 0.875, 0.625], [2, 4, 1]);

/** The mean of the k largest. */
const best = (x: ArrayLike<number>, k: number) =>
  meanOf(Array.from(x).sort((a, b) => b - a).slice(0, k));
const half = (s: ArrayLike<number>, b: number) => Array.from(s).slice(4 * b, 4 * b + 4);

onCpu("topkBce is the cross entropy of the mean of the best T / divisor + extra scores", () => {
  // k = 4 / 2 + 1: means 0.5 and 2/3
  const hand = (Math.LN2 + Math.log(3 / 2)) / 2;
  checkTerm(
    topkBce,
    { scores: scores() },
    hand,
    ({ scores: s }) => -(Math.log(1 - best(half(s, 0), 3)) + Math.log(best(half(s, 1), 3))) / 2,
    {
      settings: { divisor: 2 },
    },
  );
  // k = max(4 / 16, 1) without extra: 0.75 and 0.875
  const single = (Math.log(4) + Math.log(8 / 7)) / 2;
  checkTerm(
    topkBce,
    { scores: scores() },
    single,
    ({ scores: s }) => -(Math.log(1 - best(half(s, 0), 1)) + Math.log(best(half(s, 1), 1))) / 2,
    {
      settings: { extra: 0, clamp: 1e-6 },
    },
  );
});

onCpu("topkBce has no gradient beyond its clamp", () => {
  const value = termOf(topkBce, { settings: { clamp: 0.25 } });
  const far = tf.tensor3d([0.9, 0.1], [2, 1, 1]);
  const slopes = tf.grad((scores: tf.Tensor) => value({ scores }))(far).dataSync();
  assertEquals([...slopes], [0, 0]);
  assertAlmostEquals(value({ scores: far }).dataSync()[0], Math.log(4), 1e-6); // of 0.75 and 0.25
});

onCpu("bestMean() takes one value at least and all at most", () => {
  const x = tf.tensor2d([[1, 4, 2]]);
  assertEquals([...bestMean(x, 16, 0).dataSync()], [4]);
  assertEquals([...bestMean(x, 2, 1).dataSync()], [3]); // 3 / 2 + 1 = 2
  assertAlmostEquals(bestMean(x, 1, 5).dataSync()[0], 7 / 3, 1e-6);
});
