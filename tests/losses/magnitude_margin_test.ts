import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { magnitudeMargin } from "../../src/losses/magnitude_margin.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf, termOf } from "../support/one_term.ts";

/**
 * selected.features [2, N = 2, K = 2, C = 2]: means over K of lengths 5 and 13 (normal), 10 and 17
 * (abnormal).
 */
const features = () =>
  tf.tensor([
    ...[2, 5, 4, 3], // mean (3, 4)
    ...[4, 13, 6, 11], // mean (5, 12)
    ...[7, 8, 5, 8], // mean (6, 8)
    ...[9, 14, 7, 16], // mean (8, 15)
  ], [2, 2, 2, 2]);

/**
 * (|margin - a| + b)^2 of each crop, a and b the lengths of the mean selected features of the pair.
 */
function formula(f: ArrayLike<number>, margin: number): number {
  const length = (row: number) =>
    Math.hypot(f[4 * row] + f[4 * row + 2], f[4 * row + 1] + f[4 * row + 3]) / 2;
  return meanOf([0, 1].map((n) => (Math.abs(margin - length(2 + n)) + length(n)) ** 2));
}

onCpu(
  "magnitudeMargin lengthens the mean abnormal feature to its margin and shortens the normal",
  () => {
    const hand = ((100 - 10 + 5) ** 2 + (100 - 17 + 13) ** 2) / 2;
    checkTerm(
      magnitudeMargin,
      { "selected.features": features() },
      hand,
      (of) => formula(of["selected.features"], 100),
    );
  },
);

onCpu("magnitudeMargin counts what lies beyond the margin as what lies short of it", () => {
  const hand = ((12 - 10 + 5) ** 2 + (17 - 12 + 13) ** 2) / 2;
  checkTerm(
    magnitudeMargin,
    { "selected.features": features() },
    hand,
    (of) => formula(of["selected.features"], 12),
    { settings: { margin: 12 } },
  );
});

onCpu("magnitudeMargin of features that are all 0 has gradient 0", () => {
  const value = termOf(magnitudeMargin);
  const slopes = tf.grad((x: tf.Tensor) => value({ "selected.features": x }))(
    tf.zeros([2, 1, 2, 3]),
  );
  assertEquals([...slopes.dataSync()], Array(12).fill(0));
});
