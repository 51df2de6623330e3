import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import {
  spanAttention,
  type SpanSettings,
  spanTableLimit,
} from "../../src/ops/span_attention/op.ts";
import { spanAttentionReference } from "../../src/ops/span_attention/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

/** q, k, v [R, T, C] and spans from 0 to T, none of them at a whole distance. */
function inputsOf(R: number, T: number, C: number, heads: number): tf.Tensor[] {
  const [q, k, v] = [1, 2, 3].map((seed) => tf.mul(randomTensor([R, T, C], seed), 3));
  const z = tf.mul(tf.add(randomTensor([R, T, heads], 4), 0.5), T);
  const clear = tf.add(tf.floor(z), tf.add(tf.mul(tf.sub(z, tf.floor(z)), 0.8), 0.1));
  return [q, k, v, clear];
}

const cases: { sizes: [number, number, number]; settings: Omit<SpanSettings, "causal"> }[] = [
  { sizes: [1, 1, 1], settings: { heads: 1, scale: 1, ramp: 1 } },
  { sizes: [2, 3, 6], settings: { heads: 3, scale: 0.7, ramp: 2 } },
  { sizes: [2, 23, 10], settings: { heads: 2, scale: 0.5, ramp: 5 } },
  { sizes: [1, 67, 5], settings: { heads: 1, scale: 1.5, ramp: 256 } },
  // one query more than a piece of the cpu form
  { sizes: [1, 129, 2], settings: { heads: 1, scale: 1, ramp: 17.5 } },
];

onEitherEngine("spanAttention() agrees with plain loops, value and gradient", () => {
  for (const { sizes, settings } of cases) {
    for (const causal of [true, false]) {
      const all = { ...settings, causal };
      const inputs = inputsOf(...sizes, settings.heads);
      const op = ([q, k, v, z]: tf.Tensor[]) => spanAttention(q, k, v, z, all);
      const reference = (...[q, k, v, z]: ArrayLike<number>[]) =>
        spanAttentionReference(q, k, v, z, sizes, all);
      const y = op(inputs);
      const composed = withComposedForms(() => op(inputs));
      assertClose(composed, y.dataSync(), 2e-6);
      assertEquals(y.shape, sizes);
      assertClose(y, reference(...inputs.map((x) => x.dataSync())), 2e-6); // values up to 1.5
      assertGradient((...x) => op(x), inputs, reference, 1e-5);
    }
  }
});

onCpu("spanAttention() gives the same bits in two runs", () => {
  const inputs = inputsOf(2, 23, 10, 2);
  const settings = { heads: 2, scale: 0.5, ramp: 5, causal: true };
  const run = ([q, k, v, z]: tf.Tensor[]) => tf.sum(spanAttention(q, k, v, z, settings));
  assertSameBits(() => tf.grads((...x) => run(x))(inputs));
});

onCpu("spanAttention() composed gives the same whatever queries are worked on together", () => {
  const [R, T, C] = [2, 23, 10];
  const { entries } = spanTableLimit;
  for (const causal of [true, false]) {
    const settings = { heads: 2, scale: 0.5, ramp: 5, causal };
    const inputs = inputsOf(R, T, C, 2);
    const gradients = () =>
      withComposedForms(() =>
        tf.grads((q, k, v, z) => tf.sum(tf.square(spanAttention(q, k, v, z, settings))))(inputs)
      );
    const whole = gradients().map((x) => x.dataSync().slice());
    spanTableLimit.entries = 4 * T * 5;
    try {
      gradients().forEach((x, i) => assertClose(x, whole[i], 2e-6)); // sums in another order
    } finally {
      spanTableLimit.entries = entries;
    }
  }
});

onCpu("spanAttention() sees no later snippet when causal, and none beyond span and ramp", () => {
  const [T, C] = [9, 2], settings = { heads: 1, scale: 1, ramp: 2, causal: true };
  const q = randomTensor([1, T, C], 1), k = randomTensor([1, T, C], 2);
  const z = tf.fill([1, T, 1], 1.5);
  for (let r = 0; r < T; r++) {
    const v = tf.mul(tf.reshape(tf.oneHot(tf.tensor1d([r], "int32"), T), [1, T, 1]), tf.ones([C]));
    const y = spanAttention(q, k, v as tf.Tensor, z, settings).dataSync(); // weight of key r
    for (let t = 0; t < T; t++) assertEquals(y[t * C] > 0, t >= r && t - r < 3.5, `${t} of ${r}`);
  }
});

onCpu("spanAttention() stays finite where a later key is by far the best", () => {
  const q = tf.fill([1, 3, 1], 20), k = tf.tensor([0, 0, 40], [1, 3, 1]);
  const v = tf.tensor([1, 2, 3], [1, 3, 1]), z = tf.fill([1, 3, 1], 1);
  const settings = { heads: 1, scale: 1, ramp: 4, causal: true };
  const { value, grads } = tf.valueAndGrads((q, k, v, z) =>
    tf.sum(spanAttention(q, k, v, z, settings)) as tf.Scalar
  )([q, k, v, z]);
  assertClose(value, [1 + 1.5 + 3], 1e-6);
  for (const grad of grads) assert(grad.dataSync().every(Number.isFinite));
});
