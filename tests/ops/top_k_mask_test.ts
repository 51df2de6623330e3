import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { topKMask, topKMean } from "../../src/ops/top_k_mask/op.ts";
import { topKMaskReference } from "../../src/ops/top_k_mask/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
} from "../support/on_cpu.ts";

onCpu("topKMask() marks the largest of each row, the first of equals", () => {
  const values = tf.tensor2d([[1, 3, 3, 0, 3], [2, 2, 2, 2, 2], [-5, -1, -3, -2, -4]]);
  assertEquals(topKMask(values, 2).arraySync(), [
    [0, 1, 1, 0, 0],
    [1, 1, 0, 0, 0],
    [0, 1, 0, 1, 0],
  ]);
});

onCpu("topKMask() agrees with a sort at every k, ties and odd sizes included", () => {
  for (const [M, S] of [[1, 1], [7, 61], [3, 257]]) {
    const values = tf.round(tf.mul(randomTensor([M, S], 1), 8)); // many ties
    for (const k of [1, 2, Math.ceil(S / 2), S]) {
      if (k > S) continue;
      const expected = topKMaskReference(values.dataSync(), [M, S], k);
      assertEquals([...topKMask(values, k).dataSync()], [...expected]);
    }
  }
});

onCpu("topKMask() of 0 is empty, and of more than there are an error", () => {
  assertEquals([...topKMask(tf.ones([2, 3]), 0).dataSync()], [0, 0, 0, 0, 0, 0]);
  assertThrows(() => topKMask(tf.ones([2, 3]), 4), RangeError, "Cannot select 4 values of 3");
});

onCpu("topKMean() takes the mean of the largest, with a gradient to them alone", () => {
  const [M, S, k] = [5, 61, 4];
  const x = randomTensor([M, S], 2);
  const reference = (values: ArrayLike<number>) =>
    Float64Array.from({ length: M }, (_, m) => {
      const row = Array.from({ length: S }, (_, s) => values[m * S + s]).sort((a, b) => b - a);
      return row.slice(0, k).reduce((sum, value) => sum + value) / k;
    });
  assertClose(topKMean(x, k), reference(x.dataSync()), 1e-7); // four terms below 0.5
  assertGradient((x) => topKMean(x, k), [x], reference, 1e-6);
  assertSameBits(() => tf.grad((x: tf.Tensor) => tf.sum(topKMean(x, k)))(x));
});
