import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { columnSum } from "../../src/ops/column_sum/op.ts";
import { cropMean } from "../../src/ops/crop_mean/op.ts";
import { l2Norm } from "../../src/ops/l2_norm/op.ts";
import { l2NormReference } from "../../src/ops/l2_norm/reference.ts";
import { sumSquares } from "../../src/ops/optimizer_step/op.ts";
import { squaredNorm } from "../../src/ops/squared_norm/op.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

// Around the vector of four, the group of four rows and the block of 64.
const matrices = [[1, 1], [3, 5], [4, 4], [63, 7], [64, 8], [65, 9], [131, 18]];

onCpu("columnSum() on the cpu agrees with a sum in double precision", () => {
  for (const [M, C] of matrices) {
    const x = randomTensor([M, C], 1), values = x.dataSync();
    const expected = Array.from({ length: C }, (_, c) => {
      let sum = 0;
      for (let m = 0; m < M; m++) sum += values[m * C + c];
      return sum;
    });
    assertClose(columnSum(x), expected, 2e-6); // blocks of 64 in f32
  }
});

onCpu("columnSum() on the cpu stays exact over many rows: totals are double", () => {
  // 2^24 + 1 is no float32: a running float32 sum of ones would stop short
  const rows = 2 ** 17, x = tf.fill([rows, 1], 129);
  assertEquals(columnSum(x).dataSync()[0], rows * 129);
});

onCpu("cropMean() on the cpu agrees with plain loops, value and gradient", () => {
  for (const [B, N, I] of [[1, 2, 1], [3, 5, 15], [2, 10, 16], [2, 3, 37]]) {
    const x = randomTensor([B, N, I], 1);
    const reference = (values: ArrayLike<number>) =>
      Array.from({ length: B * I }, (_, at) => {
        let sum = 0;
        for (let n = 0; n < N; n++) sum += values[(Math.floor(at / I) * N + n) * I + at % I];
        return sum / N;
      });
    assertClose(cropMean(x), reference(x.dataSync()), 1e-6);
    assertGradient(cropMean, [x], reference, 1e-6);
  }
  assertEquals(cropMean(tf.ones([2, 3, 4, 5])).shape, [2, 4, 5]);
});

onCpu("l2Norm() on the cpu agrees with plain loops, value and gradient", () => {
  for (const [M, C] of matrices) {
    const x = randomTensor([M, C], 1);
    const reference = (values: ArrayLike<number>) => l2NormReference(values, [M, C]);
    assertClose(l2Norm(x), reference(x.dataSync()), 1e-6);
    assertGradient(l2Norm, [x], reference, 1e-5);
  }
  assertEquals(l2Norm(tf.ones([2, 3, 4])).shape, [2, 3]);
});

onCpu("l2Norm() on the cpu has gradient 0 at the zero vector", () => {
  const x = tf.tensor2d([[0, 0, 0], [3, 4, 0]]);
  const gradient = tf.grad((x) => tf.sum(l2Norm(x)))(x);
  assertClose(gradient, [0, 0, 0, 0.6, 0.8, 0], 1e-7);
});

onCpu("sumSquares() and squaredNorm() on the cpu agree with sums in double precision", () => {
  const tensors = [randomTensor([1], 1), randomTensor([5, 3], 2), randomTensor([1021], 3)];
  const expected = tensors.map((x) => valuesOf(x).reduce((sum, value) => sum + value * value, 0));
  const relative = tf.div(sumSquares(tensors), tf.tensor1d(expected));
  assertClose(relative, [1, 1, 1], 2e-7); // one rounding to f32
  tensors.forEach((x, i) => {
    assertAlmostEquals(squaredNorm(x).dataSync()[0] / expected[i], 1, 2e-7);
  });
  const reference = (values: Float64Array) => [values.reduce((sum, value) => sum + value ** 2, 0)];
  assertGradient(squaredNorm, [tensors[1]], reference, 1e-5);
});

onCpu("sumSquares() on the cpu shows NaN and infinity wherever they hide", () => {
  for (const at of [0, 7, 8, 16]) {
    for (
      const [bad, shows] of [[NaN, Number.isNaN], [
        -Infinity,
        (x: number) => x === Infinity,
      ]] as const
    ) {
      const values = new Float32Array(17);
      values[at] = bad;
      assert(shows(sumSquares([tf.tensor1d(values)]).dataSync()[0]), `${bad} at ${at}`);
    }
  }
});

onCpu("reductions on the cpu give the same bits twice", () => {
  const x = randomTensor([131, 18], 1), y = randomTensor([3, 7, 11], 2);
  assertSameBits(() => [columnSum(x), cropMean(y), l2Norm(x), sumSquares([x, y])]);
});
