import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { attentionReference } from "../../src/ops/attention.ts";
import { droppedAttention } from "../../src/ops/dropped_attention.ts";
import { dropout } from "../../src/ops/random_values.ts";
import {
  assertClose,
  assertSameBits,
  onEitherEngine,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

const [P, T, S, E, V] = [3, 7, 5, 4, 6];
const state = () => tf.tensor1d([5, 0, 2, 0], "int32");
const inputs = () => [[P, T, E], [P, S, E], [P, S, V]].map((shape, i) => randomTensor(shape, i));

onEitherEngine("droppedAttention() without dropout is attention", () => {
  const [q, k, v] = inputs();
  const expected = attentionReference(
    valuesOf(q),
    valuesOf(k),
    valuesOf(v),
    [P, T, S, E, V],
    0.5,
  );
  const y = droppedAttention(q, k, v, state(), { scale: 0.5, rate: 0, stream: 1 });
  assertEquals(y.shape, [P, T, V]);
  assertClose(y, expected, 1e-6);
});

onEitherEngine(
  "droppedAttention() drops weights after the softmax; its gradient uses the same mask",
  () => {
    const settings = { scale: 0.5, rate: 0.4, stream: 1 };
    const plain = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => {
      const table = tf.softmax(tf.mul(tf.matMul(q, k, false, true), settings.scale));
      return tf.matMul(dropout(table, state(), settings.rate, settings.stream), v);
    };
    const op = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
      droppedAttention(q, k, v, state(), settings);
    const [q, k, v] = inputs();
    assertClose(op(q, k, v), valuesOf(plain(q, k, v)), 1e-6);
    const out = randomTensor([P, T, V], 9);
    const slopes = (f: typeof op) =>
      tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.sum(tf.mul(f(q, k, v), out)))([
        q,
        k,
        v,
      ]);
    const wanted = slopes(plain);
    slopes(op).forEach((slope, i) => assertClose(slope, valuesOf(wanted[i]), 1e-6));
    assertSameBits(() => op(q, k, v));
    const whole = droppedAttention(q, k, v, state(), { ...settings, rate: 0 });
    assert(tf.max(tf.abs(tf.sub(whole, op(q, k, v)))).dataSync()[0] > 0.01);
  },
);
