import { groupNorm } from "../../src/ops/group_norm/op.ts";
import { groupNormReference } from "../../src/ops/group_norm/reference.ts";
import * as tf from "@tensorflow/tfjs";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

const shapes: [number, number, number][] = [[1, 1, 8], [3, 7, 24], [2, 65, 16]];

for (const shape of shapes) {
  for (const activation of ["none", "relu"] as const) {
    onCpu(
      `groupNorm() of [${shape}] with ${activation} equals the loops, with its gradient`,
      () => {
        const [, , C] = shape;
        const x = tf.add(randomTensor(shape, 1), 3); // a mean that must cancel
        const gamma = tf.add(randomTensor([C], 2), 1), beta = randomTensor([C], 3);
        const options = { groups: 8, activation };
        const op = (...[x, gamma, beta]: tf.Tensor[]) => groupNorm(x, gamma, beta, options);
        const reference = (...values: ArrayLike<number>[]) =>
          groupNormReference(values[0], values[1], values[2], shape, options);
        const inputs = [x, gamma, beta];
        assertClose(op(...inputs), reference(...inputs.map(valuesOf)), 1e-4);
        // 1e-3 of values up to 3
        if (C / options.groups > 1) assertGradient(op, inputs, reference, 2e-3);
        assertSameBits(() => op(...inputs));
      },
    );
  }
}

onCpu("groupNorm() of a constant row is its bias, with finite gradients", () => {
  const x = tf.fill([1, 5, 16], 2.5), gamma = tf.ones([16]), beta = randomTensor([16], 3);
  const op = (x: tf.Tensor) => groupNorm(x, gamma, beta, { groups: 8 });
  assertClose(op(x), tf.tile(tf.reshape(beta, [1, 1, 16]), [1, 5, 1]).dataSync(), 1e-6);
  const gradient = tf.grad((x) => tf.sum(tf.square(op(x))))(x);
  assertClose(tf.cast(tf.isFinite(gradient), "float32"), new Array(80).fill(1), 0);
});
