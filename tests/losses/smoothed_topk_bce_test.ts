import { assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { smoothedTopkBce } from "../../src/losses/smoothed_topk_bce.ts";
import type { Values } from "../../src/contract/slot.ts";
import { onCpu } from "../support/on_cpu.ts";
import { termOf } from "../support/one_term.ts";

function numberOf(values: Values, settings: Record<string, unknown>): number {
  return termOf(smoothedTopkBce, { settings })(values).dataSync()[0];
}

/**
 * A normal video of three valid snippets, and an abnormal one of one; the scores behind are
 * padding's.
 */
const values = (): Values => ({
  scores: tf.tensor3d([[[0.2], [0.4], [0.1], [0.9]], [[0.6], [0.8], [0.7], [0.9]]]),
  lengths: tf.tensor1d([3, 1], "int32"),
  labels: tf.tensor2d([[1, 0], [0, 1]]),
});

onCpu("smoothedTopkBce is one mean over the best valid scores of all videos", () => {
  // ceil(3 / 2) = 2 of the first, ceil(1 / 2) = 1 of the second: M = 3.
  const sum = -Math.log(1 - 0.4) - Math.log(1 - 0.2) - Math.log(0.6);
  assertAlmostEquals(
    numberOf(values(), { divisor: 2, smoothing: 0 }),
    sum / 3,
    1e-6,
  );
  const target = 0.3 / 3; // of a normal video
  const entry = (p: number, y: number) => -y * Math.log(p) - (1 - y) * Math.log(1 - p);
  const smoothed = entry(0.4, target) + entry(0.2, target) + entry(0.6, 0.7 + target);
  assertAlmostEquals(
    numberOf(values(), { divisor: 2, smoothing: 0.3 }),
    smoothed / 3,
    1e-6,
  );
});

onCpu("smoothedTopkBce has gradients at the chosen scores alone", () => {
  const { lengths, labels, scores } = values();
  const gradient = tf.grad((scores) =>
    termOf(smoothedTopkBce, { settings: { divisor: 2, smoothing: 0 } })({ scores, lengths, labels })
  )(scores).dataSync();
  const expected = [1 / 0.8 / 3, 1 / 0.6 / 3, 0, 0, -1 / 0.6 / 3, 0, 0, 0];
  expected.forEach((value, i) => assertAlmostEquals(gradient[i], value, 1e-5));
});
