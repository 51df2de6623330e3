import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { channelNorm } from "../../src/ops/channel_norm/op.ts";
import { channelNormReference } from "../../src/ops/channel_norm/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine("channelNorm() agrees with plain loops, value and gradient", () => {
  for (const [R, T, C] of [[1, 1, 2], [2, 3, 7], [1, 5, 64], [3, 11, 65]]) {
    const inputs = [randomTensor([R, T, C], 1), randomTensor([C], 2), randomTensor([C], 3)];
    const reference = (...[x, gamma, beta]: ArrayLike<number>[]) =>
      channelNormReference(x, gamma, beta, [R * T, C], 0.1);
    const op = (...[x, gamma, beta]: tf.Tensor[]) =>
      channelNorm(x, gamma, beta, { epsilon: 0.1, guard: false });
    const y = op(...inputs);
    assertEquals(y.shape, [R, T, C]);
    assertClose(y, reference(...inputs.map((x) => x.dataSync())), 1e-6); // values up to 2
    assertGradient(op, inputs, reference, 1e-5);
  }
});

onCpu("channelNorm() adds the epsilon to the deviation, not to the variance", () => {
  const y = channelNorm(tf.tensor2d([[-3, 3]]), tf.ones([2]), tf.zeros([2]), { epsilon: 1 });
  assertClose(y, [-0.75, 0.75], 1e-6); // deviation 3; with the epsilon inside it would be 0.949
});

onCpu("channelNorm() of equal channels is beta, with a gradient only under the guard", () => {
  const beta = randomTensor([4], 1), gamma = tf.ones([4]);
  const x = tf.concat([tf.fill([1, 4], 2), randomTensor([1, 4], 2)]); // row 0: all equal
  const gradientOf = (guard: boolean) => {
    const value = (x: tf.Tensor) => tf.sum(tf.square(channelNorm(x, gamma, beta, { guard })));
    return tf.grad(value)(x).dataSync();
  };
  assertClose(tf.slice(channelNorm(x, gamma, beta), [0, 0], [1, 4]), beta.dataSync(), 0);
  const [plain, guarded] = [gradientOf(false), gradientOf(true)];
  assert(plain.subarray(0, 4).every(Number.isNaN));
  assertEquals(plain.subarray(4), guarded.subarray(4)); // elsewhere the guard changes nothing
  // Only the mean is left on the way: (dy - mean dy) / epsilon, dy = 2 beta.
  const dy = [...beta.dataSync()].map((b) => 2 * b), mean = dy.reduce((sum, d) => sum + d) / 4;
  dy.forEach((d, i) => assertAlmostEquals(guarded[i], (d - mean) / 1e-5, 0.1)); // values near 1e5
});

onCpu("channelNorm() gives the same bits in two runs", () => {
  const [x, gamma, beta] = [
    randomTensor([37, 65], 1),
    randomTensor([65], 2),
    randomTensor([65], 3),
  ];
  assertSameBits(() =>
    tf.grads((...[x, gamma, beta]: tf.Tensor[]) => tf.sum(tf.square(channelNorm(x, gamma, beta))))([
      x,
      gamma,
      beta,
    ])
  );
});
