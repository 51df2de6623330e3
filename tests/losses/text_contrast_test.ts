import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import { textContrast } from "../../src/losses/text_contrast.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf, termOf } from "../support/one_term.ts";

onCpu("textContrast is the mean absolute cosine of every class with Normal", () => {
  // Cosines with (3, 4): 24/25, -1 and 3/5
  const text = tf.tensor2d([[3, 4], [4, 3], [-6, -8], [7, 0]]);
  const hand = (24 / 25 + 1 + 3 / 5) / 3;
  checkTerm(textContrast, { text_features: text }, hand, ({ text_features: f }) => {
    const row = (k: number) => [f[2 * k], f[2 * k + 1]];
    const [x, y] = row(0);
    return meanOf([1, 2, 3].map((k) => {
      const [u, v] = row(k);
      return Math.abs(u * x + v * y) / Math.hypot(u, v) / Math.hypot(x, y);
    }));
  });
});

onCpu("textContrast of a text of zeros is NaN, and finite under the guard", () => {
  const text = tf.tensor2d([[3, 4], [0, 0]]);
  const of = (guardSqrt: boolean) => termOf(textContrast, { scope: { guardSqrt } });
  assert(Number.isNaN(of(false)({ text_features: text }).dataSync()[0]));
  const slopes = tf.grad((x: tf.Tensor) => of(true)({ text_features: x }))(text);
  assert([...slopes.dataSync()].every(Number.isFinite));
});
