import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { gelu } from "../../src/ops/gelu/op.ts";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { layerNorm } from "../../src/ops/layer_norm/op.ts";
import { layerNormReference } from "../../src/ops/layer_norm/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

/** erf by its series for small x, in double precision; what is left beyond 6 is 0. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 200; n++) {
    term *= -x * x / n;
    sum += term / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

function geluReference(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => 0.5 * value * (1 + erf(value * Math.SQRT1_2)));
}

onCpu("gelu() agrees with the error function's series, value and gradient", () => {
  for (const size of [1, 3, 4, 67]) {
    const x = tf.mul(randomTensor([size], 1), 9); // from -4.5 to 4.5
    assertClose(gelu(x), geluReference(x.dataSync()), 5e-7); // the formula is good to 1.5e-7
    assertGradient(gelu, [x], geluReference, 2e-6);
  }
});

onCpu("gelu() of 0, of large values and of NaN", () => {
  const x = tf.tensor1d([0, 40, -40, 1e30, -1e30, NaN]);
  const [zero, large, small, larger, smaller, none] = gelu(x).dataSync();
  assertEquals([zero, large, larger, none], [0, 40, Math.fround(1e30), NaN]);
  for (const value of [small, smaller]) assertAlmostEquals(value, 0, 1e-30);
  const slopes = valuesOf(tf.grad((x: tf.Tensor) => tf.sum(gelu(x)))(x));
  [0.5, 1, 0, 1, 0].forEach((slope, i) => assertAlmostEquals(slopes[i], slope, 1e-7));
});

onCpu("layerNorm() agrees with plain loops, value and gradient", () => {
  for (const [M, C] of [[1, 1], [2, 3], [3, 8], [67, 13], [130, 32]]) {
    const x = tf.add(tf.mul(randomTensor([M, C], 1), 3), 2);
    const gamma = randomTensor([C], 2), beta = randomTensor([C], 3);
    const reference = (...[x, gamma, beta]: ArrayLike<number>[]) =>
      layerNormReference(x, gamma, beta, [M, C], 1e-3);
    const op = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => layerNorm(x, gamma, beta, 1e-3);
    const inputs = [x, gamma, beta];
    assertClose(op(x, gamma, beta), reference(...inputs.map((x) => x.dataSync())), 2e-6);
    assertGradient((...[x, gamma, beta]) => op(x, gamma, beta), inputs, reference, 2e-5);
  }
});

onCpu("layerNorm() of constant rows gives the shift, as the composed form", () => {
  const x = tf.fill([2, 5], 7), gamma = randomTensor([5], 1), beta = randomTensor([5], 2);
  const run = () => layerNorm(x, gamma, beta);
  assertClose(run(), [...beta.dataSync(), ...beta.dataSync()], 0);
  assertClose(run(), withComposedForms(run).dataSync(), 0);
});

onCpu("gelu() and layerNorm() give the same bits in two runs", () => {
  const inputs = [randomTensor([67, 13], 1), randomTensor([13], 2), randomTensor([13], 3)];
  assertSameBits(() =>
    tf.grads((x, gamma, beta) => tf.sum(gelu(layerNorm(x, gamma, beta))))(inputs)
  );
});
