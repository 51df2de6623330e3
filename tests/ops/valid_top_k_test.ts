import * as tf from "@tensorflow/tfjs";
import { validTopKMean } from "../../src/ops/valid_top_k/op.ts";
import { validTopKMeanReference } from "../../src/ops/valid_top_k/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine(
  "validTopKMean() agrees with a sort of each row's valid part, value and gradient",
  () => {
    const cases: [number, number[], number][] = [
      [1, [1], 16],
      [15, [15, 1, 7], 16],
      [64, [64, 16, 15, 33, 1], 16],
      [37, [37, 36, 5], 3],
      [4, [4, 1], 1], // k would be more than there are
    ];
    for (const [T, lengths, divisor] of cases) {
      const x = randomTensor([lengths.length, T], T), valid = tf.tensor1d(lengths, "int32");
      const reference = (values: ArrayLike<number>) =>
        validTopKMeanReference(values, lengths, [lengths.length, T], divisor);
      const mean = (x: tf.Tensor) => validTopKMean(x, valid, divisor);
      assertClose(mean(x), reference(x.dataSync()), 1e-6);
      assertGradient(mean, [x], reference, 1e-6);
    }
  },
);

onCpu("validTopKMean() never looks at padding, however large", () => {
  const x = tf.tensor2d([[-3, -5, 100, 100]]);
  assertClose(validTopKMean(x, tf.tensor1d([2], "int32"), 16), [-3], 0);
});

onCpu("validTopKMean() gives the same bits in two runs", () => {
  const x = randomTensor([7, 61], 1), lengths = tf.tensor1d([61, 1, 2, 30, 16, 17, 60], "int32");
  assertSameBits(() => [
    validTopKMean(x, lengths, 16),
    tf.grad((x) => tf.sum(tf.square(validTopKMean(x, lengths, 16))))(x),
  ]);
});
