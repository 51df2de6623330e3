import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { attention, type AttentionOptions, tableLimit } from "../../src/ops/attention/op.ts";
import { cacheLimit } from "../../src/ops/attention/cpu_blocks.ts";
import { attentionReference, type ReferenceOptions } from "../../src/ops/attention/reference.ts";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { dropout } from "../../src/ops/random_values/op.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

type Sizes = [R: number, T: number, S: number, E: number, V: number];

/** One way to attend, for the op and for the plain loops. */
interface Variant {
  name: string;
  sizes: Sizes;
  heads?: number;
  causal?: boolean;
  window?: number;
  /** How many tables the bias has. */
  biases?: number;
  lengths?: number[];
}

const variants: Variant[] = [
  { name: "one position", sizes: [1, 1, 1, 1, 1] },
  { name: "cross-attention", sizes: [2, 3, 5, 4, 2] },
  { name: "self-attention", sizes: [3, 17, 17, 6, 6] },
  { name: "many keys", sizes: [1, 2, 65, 3, 1] },
  { name: "heads", sizes: [2, 7, 9, 5, 3], heads: 3 },
  { name: "a causal mask", sizes: [2, 13, 13, 4, 4], causal: true, heads: 2 },
  { name: "a causal mask over more keys", sizes: [1, 5, 11, 3, 3], causal: true },
  { name: "windows", sizes: [2, 12, 12, 4, 3], window: 4 },
  { name: "one bias for all", sizes: [3, 5, 7, 2, 2], biases: 1 },
  { name: "a bias for each head", sizes: [3, 5, 7, 2, 2], heads: 2, biases: 2 },
  { name: "a bias for each row", sizes: [2, 5, 3, 2, 2], heads: 2, biases: 4 },
  { name: "key lengths", sizes: [6, 5, 9, 3, 3], lengths: [1, 9, 4], heads: 2 },
  {
    name: "all at once",
    sizes: [4, 12, 12, 5, 3],
    heads: 2,
    causal: true,
    window: 6,
    biases: 2,
    lengths: [7, 8],
  },
];

/**
 * q, k, v and, where there is one, the bias; the queries are large, so that the softmax is uneven.
 */
function inputsOf({ sizes: [R, T, S, E, V], heads: H = 1, biases }: Variant): tf.Tensor[] {
  const inputs = [
    tf.mul(randomTensor([R, T, H * E], 1), 8),
    randomTensor([R, S, H * E], 2),
    randomTensor([R, S, H * V], 3),
  ];
  if (biases) inputs.push(tf.mul(randomTensor([biases, T, S], 4), 4));
  return inputs;
}

const SCALE = 0.7;

function attend(variant: Variant, [q, k, v, bias]: tf.Tensor[], more: AttentionOptions = {}) {
  const { heads, causal, window, lengths } = variant;
  const options = { heads, causal, window, bias, ...more };
  // int32 by itself would be a constant of the step; a tensor changes from batch to batch
  return attention(
    q,
    k,
    v,
    SCALE,
    lengths ? { ...options, lengths: tf.tensor1d(lengths, "int32") } : options,
  );
}

function referenceOf(variant: Variant, [q, k, v, bias]: ArrayLike<number>[]): Float64Array {
  const { sizes, heads, causal, window, lengths, biases } = variant;
  const options: ReferenceOptions = { heads, causal, window, lengths };
  if (biases) options.bias = { values: bias, count: biases };
  return attentionReference(q, k, v, sizes, SCALE, options);
}

for (const variant of variants) {
  for (const implementation of ["fused", "eager"] as const) {
    onEitherEngine(
      `attention() with ${variant.name} agrees with plain loops, ${implementation}`,
      () => {
        const inputs = inputsOf(variant);
        const op = (...inputs: tf.Tensor[]) => attend(variant, inputs, { implementation });
        const reference = (...inputs: ArrayLike<number>[]) => referenceOf(variant, inputs);
        const { sizes: [R, T, , , V], heads = 1 } = variant;
        assertEquals(op(...inputs).shape, [R, T, heads * V]);
        assertClose(op(...inputs), reference(...inputs.map(valuesOf)), 2e-6);
        assertGradient(op, inputs, reference, 1e-5);
        if (implementation === "eager") return;
        withComposedForms(() => {
          assertClose(op(...inputs), reference(...inputs.map(valuesOf)), 2e-6);
          assertGradient(op, inputs, reference, 1e-5);
        });
      },
    );
  }
}

onEitherEngine("attention() fused differs from eager by 1e-5 at most, gradients too", () => {
  for (const variant of variants) {
    const inputs = inputsOf(variant);
    const results = (implementation: "eager" | "fused") => {
      const op = (...inputs: tf.Tensor[]) => attend(variant, inputs, { implementation });
      const loss = (...inputs: tf.Tensor[]) => tf.sum(tf.square(op(...inputs)));
      return [op(...inputs), ...tf.grads(loss)(inputs)];
    };
    const eager = results("eager");
    results("fused").forEach((x, i) => assertClose(x, valuesOf(eager[i]), 1e-5));
  }
});

onEitherEngine("attention() gives NaN to queries that see no key, and to no other", () => {
  const T = 7, [q, k, v] = [1, 2, 3].map((seed) => randomTensor([2, T, 3], seed));
  for (const implementation of ["fused", "eager"] as const) {
    for (const lengths of [undefined, tf.tensor1d([7, 0], "int32")]) {
      // windows of 3: the last snippet belongs to none; no key at all for the second sequence
      const y = attention(q, k, v, 1, { window: lengths ? undefined : 3, lengths, implementation });
      const lost = (r: number, t: number) => lengths ? r === 1 : t === 6;
      valuesOf(y).forEach((value, i) => {
        assertEquals(isNaN(value), lost(Math.floor(i / (3 * T)), Math.floor(i / 3) % T));
      });
    }
  }
});

onEitherEngine(
  "attention() drops weights after the softmax; its gradient uses the same mask",
  () => {
    const { entries } = cacheLimit;
    cacheLimit.entries = 1; // 32 queries together, the fewest
    // 5 keys: a table's rows begin within a draw of four numbers; 33 queries: two pieces
    for (const [R, T, S, E, V, H] of [[3, 7, 5, 4, 6, 2], [2, 33, 8, 3, 2, 2]]) {
      const state = tf.tensor1d([5, 0, 2, 0], "int32"), drop = { rate: 0.4, state, stream: 1 };
      const inputs = [[R, T, H * E], [R, S, H * E], [R, S, H * V], [H, T, S]].map(randomTensor);
      const kept = valuesOf(dropout(tf.ones([R * H, T, S]), { rate: 0.4, state, stream: 1 }));
      const reference = (...[q, k, v, bias]: ArrayLike<number>[]) =>
        attentionReference(q, k, v, [R, T, S, E, V], SCALE, {
          heads: H,
          kept,
          bias: { values: bias, count: H },
        });
      for (const implementation of ["fused", "eager"] as const) {
        const op = (...[q, k, v, bias]: tf.Tensor[]) =>
          attention(q, k, v, SCALE, { heads: H, dropout: drop, bias, implementation });
        assertClose(op(...inputs), reference(...inputs.map(valuesOf)), 2e-6);
        assertGradient(op, inputs, reference, 1e-5);
        assertSameBits(() => op(...inputs));
      }
      const none = attention(inputs[0], inputs[1], inputs[2], SCALE, {
        heads: H,
        dropout: { ...drop, rate: 0 },
      });
      assert(kept.includes(0), "something is dropped");
      const [q, k, v] = inputs.map(valuesOf);
      assertClose(none, attentionReference(q, k, v, [R, T, S, E, V], SCALE, { heads: H }), 2e-6);
    }
    cacheLimit.entries = entries;
  },
);

onEitherEngine("attention() gives the same in pieces of the queries", () => {
  for (const variant of variants) {
    const inputs = inputsOf(variant);
    const results = () => {
      const loss = (...inputs: tf.Tensor[]) => tf.sum(tf.square(attend(variant, inputs)));
      return [attend(variant, inputs), ...tf.grads(loss)(inputs)].map(valuesOf);
    };
    const whole = results();
    const { entries } = tableLimit;
    tableLimit.entries = 2 * 13 * 5;
    try {
      for (const pieces of [results(), withComposedForms(results)]) {
        // Sums over the queries are taken piece by piece: their last bit differs.
        pieces.forEach((piece, i) => assertClose(tf.tensor1d(piece), whole[i], 1e-5));
      }
    } finally {
      tableLimit.entries = entries;
    }
  }
});

onEitherEngine("attention() of no query gives keys and values the gradient 0", () => {
  const [q, k, v] = [[2, 0, 3], [2, 5, 3], [2, 5, 4]].map(randomTensor);
  const loss = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
    tf.sum(attention(q, k, v, 1)) as tf.Scalar;
  const gradients = tf.grads(loss)([q, k, v]);
  assertEquals(gradients.map(({ shape }) => shape), [q, k, v].map(({ shape }) => shape));
  for (const gradient of gradients) assert(valuesOf(gradient).every((value) => value === 0));
});

onEitherEngine("attention() gives the same bits in two runs", () => {
  const variant = variants.at(-1)!, inputs = inputsOf(variant);
  assertSameBits(() =>
    tf.grads((...inputs: tf.Tensor[]) => tf.sum(tf.square(attend(variant, inputs))))(inputs)
  );
});

onCpu("attention() names shapes that do not fit", () => {
  const x = tf.zeros([2, 5, 4]);
  const refused: [AttentionOptions, string][] = [
    [{ heads: 3 }, "3 heads do not divide"],
    [{ bias: tf.zeros([3, 5, 5]) }, "a bias [3,5,5] does not fit 2 rows of [5, 5]"],
    [{ bias: tf.zeros([5, 5]) }, "does not fit"],
    [{ lengths: tf.zeros([3], "int32") }, "lengths [3] do not divide 2"],
  ];
  for (const [options, message] of refused) {
    assertThrows(() => attention(x, x, x, 1, options), TypeError, message);
  }
  assertThrows(() => attention(x, tf.zeros([2, 6, 3]), x, 1), TypeError, "expected [R, T, E]");
  const more = tf.zeros([2, 6, 4]);
  assertThrows(() => attention(x, more, more, 1, { window: 5 }), TypeError, "as many keys");
});
