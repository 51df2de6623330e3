import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { attention, attentionReference, tableLimit } from "../../src/ops/attention.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

/** Queries, keys and values; the queries are large, so that the softmax is uneven. */
function inputsOf([P, T, S, E, V]: number[]): tf.Tensor[] {
  return [
    tf.mul(randomTensor([P, T, E], 1), 8),
    randomTensor([P, S, E], 2),
    randomTensor([P, S, V], 3),
  ];
}

onEitherEngine("attention() agrees with plain loops, value and gradient", () => {
  for (const sizes of [[1, 1, 1, 1, 1], [2, 3, 5, 4, 2], [3, 17, 17, 6, 6], [1, 2, 65, 3, 1]]) {
    const inputs = inputsOf(sizes);
    const reference = (...[q, k, v]: ArrayLike<number>[]) =>
      attentionReference(q, k, v, sizes as [number, number, number, number, number], 0.7);
    const y = attention(inputs[0], inputs[1], inputs[2], 0.7);
    assertEquals(y.shape, [sizes[0], sizes[1], sizes[4]]);
    assertClose(y, reference(...inputs.map((x) => x.dataSync())), 1e-6);
    assertGradient((...[q, k, v]) => attention(q, k, v, 0.7), inputs, reference, 1e-5);
  }
});

onCpu("attention() gives the same in pieces of the queries", () => {
  const inputs = inputsOf([2, 17, 13, 4, 3]);
  const results = () => {
    const value = (...[q, k, v]: tf.Tensor[]) => tf.sum(tf.square(attention(q, k, v, 1)));
    const y = attention(inputs[0], inputs[1], inputs[2], 1);
    return [y, ...tf.grads(value)(inputs)].map((x) => x.dataSync());
  };
  const whole = results();
  const { entries } = tableLimit;
  tableLimit.entries = 2 * 13 * 5; // 5 queries at a time: pieces of 5, 5, 5 and 2
  try {
    const pieces = results();
    // Sums over the queries are taken piece by piece: their last bit differs.
    pieces.forEach((piece, i) => assertClose(tf.tensor1d(piece as Float32Array), whole[i], 2e-6));
  } finally {
    tableLimit.entries = entries;
  }
});

onCpu("attention() gives the same bits in two runs", () => {
  const inputs = inputsOf([2, 17, 13, 4, 3]);
  assertSameBits(() =>
    tf.grads((...[q, k, v]: tf.Tensor[]) => tf.sum(tf.square(attention(q, k, v, 1))))(inputs)
  );
});
