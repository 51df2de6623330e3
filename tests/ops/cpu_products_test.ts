import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { gradientsOf } from "../../src/autodiff/backward.ts";
import type { Activation } from "../../src/ops/activation/op.ts";
import { linear } from "../../src/ops/linear/op.ts";
import { linearReference } from "../../src/ops/linear/reference.ts";
import { temporalConv } from "../../src/ops/temporal_conv/op.ts";
import { temporalConvReference } from "../../src/ops/temporal_conv/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

const activations: Activation[] = ["none", "relu", "sigmoid"];

onEitherEngine(
  "linear() on the cpu agrees with plain loops, value and gradient, at odd sizes",
  () => {
    for (const [M, I, O] of [[1, 1, 1], [7, 13, 5], [67, 31, 9]]) {
      for (const activation of activations) {
        for (const biased of [true, false]) {
          const inputs = [randomTensor([M, I], 1), randomTensor([O, I], 2)];
          if (biased) inputs.push(randomTensor([O], 3));
          const op = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor) =>
            linear(x, weight, bias, activation);
          const reference = (...[x, weight, bias]: ArrayLike<number>[]) =>
            linearReference(x, weight, bias, [M, I, O], activation);
          const values = inputs.map((tensor) => tensor.dataSync());
          // f32 sums of 31
          assertClose(op(inputs[0], inputs[1], inputs[2]), reference(...values), 1e-5);
          assertGradient((...x) => op(x[0], x[1], x[2]), inputs, reference, 1e-4);
        }
      }
    }
  },
);

// T beside dilation: taps that reach nowhere, that reach one snippet, and that overlap everywhere.
const convolutions = [
  [1, 1, 1, 1, 3, 1],
  [3, 1, 5, 4, 3, 1],
  [4, 3, 6, 2, 3, 2],
  [5, 4, 3, 7, 3, 4],
  [3, 9, 5, 6, 5, 2],
  [7, 11, 13, 3, 3, 4],
  [3, 2, 3, 4, 3, 5],
  [2, 6, 4, 5, 1, 1],
];

onEitherEngine("temporalConv() on the cpu agrees with plain loops, value and gradient", () => {
  for (const [R, T, C, O, K, dilation] of convolutions) {
    for (const activation of activations) {
      const inputs = [
        randomTensor([R, T, C], 1),
        randomTensor([O, C, K], 2),
        randomTensor([O], 3),
      ];
      const options = { dilation, activation };
      const reference = (...[x, weight, bias]: ArrayLike<number>[]) =>
        temporalConvReference(x, weight, bias, [R, T, C, O, K], options);
      const [x, weight, bias] = inputs;
      const expected = reference(...inputs.map((tensor) => tensor.dataSync()));
      assertClose(temporalConv(x, weight, bias, options), expected, 1e-5); // f32 sums of 39
      assertGradient((x, w, b) => temporalConv(x, w, b, options), inputs, reference, 1e-4);
    }
  }
});

onEitherEngine(
  "temporalConv() on the cpu leaves its input and the gradient it is given as they were",
  () => {
    const x = randomTensor([3, 5, 4], 1),
      weight = randomTensor([6, 4, 3], 2),
      dy = randomTensor([3, 5, 6], 3);
    const before = [x, weight, dy].map((tensor) => tensor.dataSync().slice());
    tf.grads((x, weight) => temporalConv(x, weight))([x, weight], dy);
    assertEquals([x, weight, dy].map((tensor) => tensor.dataSync().slice()), before);
  },
);

onEitherEngine("temporalConv() on the cpu keeps one sequence's NaN out of its neighbours", () => {
  const values = randomTensor([3, 4, 2], 1).dataSync().slice();
  values.fill(NaN, 8, 16); // the middle sequence
  const y = temporalConv(tf.tensor(values, [3, 4, 2]), randomTensor([2, 2, 3], 2), undefined, {
    dilation: 2,
  });
  const found = [...y.dataSync()].map(Number.isNaN);
  assertEquals(found, Array.from({ length: 24 }, (_, i) => i >= 8 && i < 16));
});

onEitherEngine("products on the cpu give the same bits twice", () => {
  const x = randomTensor([13, 17, 33], 1),
    weight = randomTensor([29, 33, 3], 2),
    bias = randomTensor([29], 3);
  assertSameBits(() => [
    temporalConv(x, weight, bias, { activation: "relu" }),
    ...tf.grads((x, weight, bias) => temporalConv(x, weight, bias))([x, weight, bias]),
    linear(x, tf.reshape(weight, [87, 33]), undefined, "sigmoid"),
  ]);
});

onCpu(
  "temporalConv() on the cpu leaves its inputs as they were where a product fails",
  (backend) => {
    const x = randomTensor([3, 9, 5], 1), weight = randomTensor([4, 5, 3], 2);
    const y = temporalConv(x, weight, undefined, { dilation: 2 });
    const dz = tf.onesLike(y), { gemm } = backend;
    const before = [x, weight, dz].map((tensor) => Float32Array.from(tensor.dataSync()));
    for (let fine = 0; fine < 8; fine++) {
      let products = 0;
      backend.gemm = {
        ...{ name: "fails", ownBytes: 0, steps: () => [] },
        sgemm(...values) {
          if (products++ >= fine) throw new RangeError("fails");
          gemm.sgemm(...values);
        },
      };
      try {
        const convolve = () => temporalConv(x, weight, undefined, { dilation: 2 });
        const { value, gradients } = gradientsOf(convolve, [x, weight], dz);
        tf.dispose([value, ...gradients.map((each) => each!)]);
      } catch (error) {
        assertEquals((error as Error).message, "fails");
      } finally {
        backend.gemm = gemm;
      }
      assertEquals(products, fine + 1);
      [x, weight, dz].forEach((tensor, i) => assertEquals(tensor.dataSync(), before[i]));
    }
  },
);
