import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { extremeContrast, extremes } from "../../src/losses/extreme_contrast.ts";
import { smoothedTopkBce } from "../../src/losses/smoothed_topk_bce.ts";
import type { LossEntry } from "../../src/model/registry.ts";
import type { Context, Values } from "../../src/contract/slot.ts";
import { onCpu } from "../support/on_cpu.ts";

function valueOf(term: LossEntry, values: Values, settings = {}): tf.Scalar {
  const scope = { parameters: () => [], guardSqrt: false, stream: () => 0 };
  return term.build(term.config.parse(settings), scope, {})(values, {} as Context);
}

function numberOf(term: LossEntry, values: Values, settings = {}): number {
  return valueOf(term, values, settings).dataSync()[0];
}

/** A normal video of three valid snippets, and an abnormal one of one; the scores behind are padding's. */
const values = (): Values => ({
  scores: tf.tensor3d([[[0.2], [0.4], [0.1], [0.9]], [[0.6], [0.8], [0.7], [0.9]]]),
  lengths: tf.tensor1d([3, 1], "int32"),
  labels: tf.tensor2d([[1, 0], [0, 1]]),
});

onCpu("smoothedTopkBce is one mean over the best valid scores of all videos", () => {
  // ceil(3 / 2) = 2 of the first, ceil(1 / 2) = 1 of the second: M = 3.
  const sum = -Math.log(1 - 0.4) - Math.log(1 - 0.2) - Math.log(0.6);
  assertAlmostEquals(
    numberOf(smoothedTopkBce, values(), { divisor: 2, smoothing: 0 }),
    sum / 3,
    1e-6,
  );
  const target = 0.3 / 3; // of a normal video
  const entry = (p: number, y: number) => -y * Math.log(p) - (1 - y) * Math.log(1 - p);
  const smoothed = entry(0.4, target) + entry(0.2, target) + entry(0.6, 0.7 + target);
  assertAlmostEquals(
    numberOf(smoothedTopkBce, values(), { divisor: 2, smoothing: 0.3 }),
    smoothed / 3,
    1e-6,
  );
});

onCpu("smoothedTopkBce has gradients at the chosen scores alone", () => {
  const { lengths, labels, scores } = values();
  const gradient = tf.grad((scores) =>
    valueOf(smoothedTopkBce, { scores, lengths, labels }, { divisor: 2, smoothing: 0 })
  )(scores).dataSync();
  const expected = [1 / 0.8 / 3, 1 / 0.6 / 3, 0, 0, -1 / 0.6 / 3, 0, 0, 0];
  expected.forEach((value, i) => assertAlmostEquals(gradient[i], value, 1e-5));
});

/** Two snippets at right angles and one between, of a padded video whose padding lies along the first. */
const encoded = () => tf.tensor4d([1, 0, 0, 2, 3, 3, 5, 0], [1, 1, 4, 2]);

onCpu(
  "extremeContrast compares the highest and the lowest score with all snippets, padding too",
  () => {
    const scores = tf.tensor3d([0.9, 0.5, 0.1, 0.95], [1, 4, 1]);
    const lengths = tf.tensor1d([3], "int32");
    assertEquals([...extremes(scores, lengths).dataSync()], [0, 2]);
    const r = Math.SQRT1_2, e = (x: number) => Math.exp(x / 0.5);
    const highest = 1 / 0.5 - Math.log(e(1) + e(0) + e(r) + e(1));
    const lowest = 1 / 0.5 - Math.log(e(r) + e(r) + e(1) + e(r));
    const loss = numberOf(extremeContrast, { encoded: encoded(), scores, lengths }, {
      temperature: 0.5,
    });
    assertAlmostEquals(loss, -(highest + lowest) / 2, 1e-5);
  },
);

onCpu("extremeContrast counts a snippet that is both once, the first of equal ones", () => {
  const lengths = tf.tensor1d([3], "int32"), scores = tf.fill([1, 4, 1], 0.5);
  assertEquals([...extremes(scores, lengths).dataSync()], [0, 0]);
  const loss = numberOf(extremeContrast, { encoded: encoded(), scores, lengths }, {
    temperature: 1,
  });
  const all = Math.E + 1 + Math.exp(Math.SQRT1_2) + Math.E;
  assertAlmostEquals(loss, Math.log(all) - 1, 1e-5);
});

onCpu("extremeContrast reaches every snippet, and no score", () => {
  const scores = tf.tensor3d([0.9, 0.5, 0.1, 0.95], [1, 4, 1]);
  const lengths = tf.tensor1d([3], "int32");
  const [byFeature, byScore] = tf.grads((encoded, scores) =>
    tf.add(
      valueOf(extremeContrast, { encoded, scores, lengths }),
      tf.mul(tf.sum(scores), 0),
    ) as tf.Scalar
  )([encoded(), scores]);
  assert([1, 2, 4].every((i) => byFeature.dataSync()[i] !== 0));
  assertEquals([...byScore.dataSync()], [0, 0, 0, 0]);
});
