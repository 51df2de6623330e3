import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { batchNormEval, batchNormTrain } from "../../src/ops/batch_norm/op.ts";
import { batchNormReference } from "../../src/ops/batch_norm/reference.ts";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
} from "../support/on_cpu.ts";

const EPSILON = 1e-5;
const sizes: [number, number][] = [[2, 1], [5, 3], [64, 8], [129, 17]];

onCpu("batchNormTrain() on the cpu agrees with plain loops: values and statistics", () => {
  for (const [M, C] of sizes) {
    const [x, gamma, beta] = [randomTensor([M, C], 1), randomTensor([C], 2), randomTensor([C], 3)];
    const { y, mean, variance } = batchNormTrain(x, gamma, beta, EPSILON);
    const expected = batchNormReference(
      x.dataSync(),
      gamma.dataSync(),
      beta.dataSync(),
      [M, C],
      EPSILON,
    );
    assertClose(y, expected.y, 1e-5);
    assertClose(mean, expected.mean, 1e-6);
    assertClose(variance, expected.variance, 1e-6);
  }
});

onCpu("batchNormTrain() on the cpu has the full gradient: through mean and variance too", () => {
  for (const [M, C] of sizes.slice(1)) {
    const inputs = [randomTensor([M, C], 1), randomTensor([C], 2), randomTensor([C], 3)];
    assertGradient(
      (x, gamma, beta) => batchNormTrain(x, gamma, beta, EPSILON).y,
      inputs,
      (x, gamma, beta) => batchNormReference(x, gamma, beta, [M, C], EPSILON).y,
      2e-4, // gradients of a few units, f32
    );
  }
});

onCpu("batchNormTrain() on the cpu keeps its digits where the mean is large", () => {
  // deviations of 0.5 around 4096: mean of squares minus square of mean would lose them all
  const x = tf.add(randomTensor([257, 5], 1), 4096), values = x.dataSync();
  const ones = tf.ones([5]), zeros = tf.zeros([5]);
  const { y } = batchNormTrain(x, ones, zeros, EPSILON);
  const expected = batchNormReference(values, ones.dataSync(), zeros.dataSync(), [257, 5], EPSILON);
  assertClose(y, expected.y, 2e-3); // the f32 mean itself is 2^-12 off at most: 1e-3 of a deviation
});

onCpu("batchNormEval() on the cpu agrees with the composed form", () => {
  const x = randomTensor([3, 7, 5], 1);
  const [gamma, beta, mean] = [2, 3, 4].map((seed) => randomTensor([5], seed));
  const variance = tf.add(randomTensor([5], 5), 1);
  const run = () => batchNormEval(x, gamma, beta, mean, variance, EPSILON);
  assertEquals(run().shape, [3, 7, 5]);
  assertClose(run(), withComposedForms(run).dataSync(), 1e-6);
});

onCpu("batchNormTrain() on the cpu gives the same bits twice", () => {
  const [x, gamma, beta] = [
    randomTensor([129, 17], 1),
    randomTensor([17], 2),
    randomTensor([17], 3),
  ];
  assertSameBits(() => tf.grads((x, g, b) => batchNormTrain(x, g, b, EPSILON).y)([x, gamma, beta]));
});
