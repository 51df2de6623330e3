/**
 * Softmax attention. The table of all queries against all keys is made for some queries at a time
 * and never kept: the gradient makes it again from the log of each row's sum.
 */

import * as tf from "@tensorflow/tfjs";
import {
  type AttentionAttributes,
  attentionLogits,
  headRows,
  mergeHeadRows,
  plainAttention,
} from "./table.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";
import { type Dropout, dropout } from "../random_values/op.ts";

/**
 * `runner.attn_impl`: plain operations with a table of all queries against all keys, or our own
 * kernel.
 */
export type AttentionImplementation = "eager" | "fused";

/**
 * What changes the weights. Rows are counted over sequences and heads: row p = sequence x heads +
 * head.
 */
export interface AttentionOptions {
  /**
   * The channels of q, k and v are this many heads side by side, each a contiguous slice; 1 when
   * absent.
   */
  heads?: number;
  /** Query t sees the keys s <= t. */
  causal?: boolean;
  /**
   * Query t sees the keys of its own block of this many snippets; S = T. The snippets left over
   * where T is no multiple of it belong to no block: VadCLIP's rule.
   */
  window?: number;
  /**
   * [L, T, S], added to scale q k^T; row p takes number p mod L, so that L is 1 (one for all), the
   * number of heads (one for each head, shared by the batch) or any other divisor of the rows.
   * -Infinity masks.
   */
  bias?: tf.Tensor;
  /** int32 [B], B divides the sequences: those of video b see its first lengths[b] keys. */
  lengths?: tf.Tensor;
  /** Of the weights, element by element of the table [rows, T, S]. */
  dropout?: Dropout;
  /** "fused" when absent. */
  implementation?: AttentionImplementation;
}

/** Most entries of the table at once, 64 MB. Tests set it low. */
export const tableLimit = { entries: 1 << 24 };

/**
 * Queries [start, end) of T that are worked on together; with dropout all, as its mask is that of
 * the whole table.
 */
function* pieces(
  [P, T, S]: [number, number, number],
  rate: number,
): Generator<[number, number]> {
  const fitting = Math.max(1, Math.floor(tableLimit.entries / (P * S)));
  const length = rate > 0 ? T : fitting;
  for (let start = 0; start < T; start += length) yield [start, Math.min(T, start + length)];
}

/** Positions [start, end) of x [P, T, ...]. */
function positions(x: tf.Tensor, start: number, end: number): tf.Tensor {
  const [P, T, ...rest] = x.shape;
  if (start === 0 && end === T) return x;
  return tf.slice(x, [0, start, ...rest.map(() => 0)], [P, end - start, ...rest]);
}

type Inputs = Record<string, tf.Tensor>;

// q [R, T, H E], k [R, S, H E], v [R, S, H V] -> y [R, T, H V], lse [R H, T],
// the log of the sum of exp over the keys.
// bias [L, T, S], lengths int32 [B], state int32 [4]: as in AttentionOptions, or empty: tfjs saves
// inputs for the gradient by name, and all of them.
defineKernel({
  name: "WsvadAttention",
  composed: (inputs, attributes) => composedAttention(inputs, attributes as AttentionAttributes),
  gradient: {
    inputsToSave: ["q", "k", "v", "bias", "lengths", "state"],
    outputsToSave: [true, true],
    gradFunc: (dys, saved, attributes) => {
      const [q, k, v, bias, lengths, state, y, lse] = saved;
      const inputs = { dy: (dys as tf.Tensor[])[0], q, k, v, bias, lengths, state, y, lse };
      const [dq, dk, dv, dbias] = runKernels("WsvadAttentionGrad", inputs, attributes);
      return {
        q: () => dq,
        k: () => dk,
        v: () => dv,
        bias: () => dbias ?? runKernel("WsvadAttentionGradBias", inputs, attributes),
        lengths: () => tf.zerosLike(lengths),
        state: () => tf.zerosLike(state),
      };
    },
  },
});

/** {@link attention} in tf ops, some queries at a time: [y, lse]. */
export function composedAttention(inputs: Inputs, given: AttentionAttributes): tf.Tensor[] {
  const [q, k, v] = [inputs.q, inputs.k, inputs.v].map((x) => headRows(x, given.heads));
  const T = q.shape[1]!;
  const parts = queryPieces(q, k, given).map(([start, end]) =>
    tf.tidy(() => {
      const logits = attentionLogits(positions(q, start, end), k, additionsOf(inputs), given, {
        start,
        T,
      });
      const largest = tf.max(logits, 2, true);
      const powers = tf.exp(tf.sub(logits, largest));
      const total = tf.sum(powers, 2, true);
      const weights = tf.div(powers, total);
      const lse = tf.squeeze(tf.add(largest, tf.log(total)), [2]);
      return [tf.matMul(droppedWeights(weights, inputs, given), v), lse];
    })
  );
  const [y, lse] = [0, 1].map((which) => tf.concat(parts.map((part) => part[which]), 1));
  return [mergeHeadRows(y, given.heads), lse];
}

/** [dq, dk, dv] in tf ops. */
export function composedAttentionGradient(inputs: Inputs, given: AttentionAttributes): tf.Tensor[] {
  const rows = gradientRows(inputs, given);
  const [q, k, , dy] = rows;
  const parts = queryPieces(q, k, given).map(([start, end]) =>
    tf.tidy(() => {
      const { weights, dlogits } = gradientTables(inputs, rows, given, [start, end]);
      const scaled = tf.mul(dlogits, given.scale);
      return [
        tf.matMul(scaled, k),
        tf.matMul(scaled, positions(q, start, end), true),
        tf.matMul(droppedWeights(weights, inputs, given), positions(dy, start, end), true),
      ];
    })
  );
  const sum = (which: number) =>
    parts.map((part) => part[which]).reduce((total, part) => tf.add(total, part));
  return [tf.concat(parts.map(([dq]) => dq), 1), sum(1), sum(2)]
    .map((x) => mergeHeadRows(x, given.heads));
}

/** dbias in tf ops. */
export function composedBiasGradient(inputs: Inputs, given: AttentionAttributes): tf.Tensor {
  const rows = gradientRows(inputs, given);
  const L = inputs.bias.shape[0];
  const parts = queryPieces(rows[0], rows[1], given).map(([start, end]) =>
    tf.tidy(() => {
      const { dlogits } = gradientTables(inputs, rows, given, [start, end]);
      const [P, queries, S] = dlogits.shape;
      return tf.sum(tf.reshape(dlogits, [P / L, L, queries!, S!]), 0);
    })
  );
  return tf.concat(parts, 1);
}

function additionsOf({ bias, lengths }: Inputs) {
  return { bias, lengths };
}

function queryPieces(q: tf.Tensor, k: tf.Tensor, { rate }: AttentionAttributes) {
  return [...pieces([q.shape[0], q.shape[1]!, k.shape[1]!], rate)];
}

function droppedWeights(
  weights: tf.Tensor,
  { state }: Inputs,
  { rate, stream }: AttentionAttributes,
): tf.Tensor {
  return dropout(weights, { rate, state, stream });
}

/**
 * Weights of queries [start, end) before dropout, and the gradient of their logits: [P, queries, S]
 * both.
 */
function gradientTables(
  inputs: Inputs,
  [q, k, v, dy, y]: tf.Tensor[],
  attributes: AttentionAttributes,
  [start, end]: [number, number],
): { weights: tf.Tensor; dlogits: tf.Tensor } {
  const T = q.shape[1]!;
  const logits = attentionLogits(positions(q, start, end), k, additionsOf(inputs), attributes, {
    start,
    T,
  });
  const lse = positions(inputs.lse, start, end);
  const weights = tf.exp(tf.sub(logits, tf.expandDims(lse, 2)));
  const slope = positions(dy, start, end);
  const dweights = droppedWeights(tf.matMul(slope, v, false, true), inputs, attributes);
  const mean = tf.sum(tf.mul(slope, positions(y, start, end)), 2, true); // of dweights, by weight
  return { weights, dlogits: tf.mul(weights, tf.sub(dweights, mean)) };
}

function gradientRows(inputs: Inputs, { heads }: AttentionAttributes): tf.Tensor[] {
  const { q, k, v, dy, y } = inputs;
  return [q, k, v, dy, y].map((x) => headRows(x, heads));
}

// dy [R, T, H V], the inputs of WsvadAttention, its outputs y and lse -> [dq, dk, dv], and dbias
// behind them from a form that has the slopes of the logits at hand (the cpu's)
defineKernel({
  name: "WsvadAttentionGrad",
  composed: (inputs, attributes) =>
    composedAttentionGradient(inputs, attributes as AttentionAttributes),
});

// The same inputs -> dbias [L, T, S]
defineKernel({
  name: "WsvadAttentionGradBias",
  composed: (inputs, attributes) => composedBiasGradient(inputs, attributes as AttentionAttributes),
});

/**
 * Every query takes the mean of the values, weighted by softmax(scale q k^T + bias) over the keys
 * that it sees. A query that sees no key gives NaN, as PyTorch's softmax of -inf alone; gradients
 * through it are not defined.
 *
 * @param q [R, T, H E], one R for each sequence, H heads
 * @param k [R, S, H E]
 * @param v [R, S, H V]
 * @returns [R, T, H V]
 * @throws {TypeError} shapes that do not fit
 */
export function attention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  scale: number,
  options: AttentionOptions = {},
): tf.Tensor {
  checkShapes(q, k, v, options);
  const { heads = 1, causal = false, window = 0, dropout } = options;
  const { rate, stream } = dropout ?? NO_DROPOUT;
  const attributes: AttentionAttributes = { scale, heads, causal, window, rate, stream };
  const absent = tf.zeros([0]);
  const { bias = absent, lengths = absent } = options;
  const inputs = { q, k, v, bias, lengths, state: dropout?.state ?? absent };
  if (options.implementation === "eager") return plainAttention(inputs, attributes);
  return runKernels("WsvadAttention", inputs, { ...attributes })[0];
}

export const NO_DROPOUT = { rate: 0, stream: 0 };

/**
 * Inputs and attributes of the kernels for attention of whole sequences to themselves, scaled by 1
 * / sqrt(E).
 */
export function contentOnly(
  { q, k, v }: Record<"q" | "k" | "v", tf.Tensor>,
  heads: number,
): [Inputs, AttentionAttributes] {
  const scale = (q.shape[2]! / heads) ** -0.5;
  const absent = tf.zeros([0]);
  const inputs = { q, k, v, bias: absent, lengths: absent, state: absent };
  return [inputs, { scale, heads, causal: false, window: 0, ...NO_DROPOUT }];
}

function checkShapes(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { heads = 1, window, bias, lengths }: AttentionOptions,
): void {
  const [R, T, channels] = q.shape, S = k.shape[1];
  const wrong = (what: string) =>
    new TypeError(`Cannot attend: q [${q.shape}], k [${k.shape}], v [${v.shape}]; ${what}`);
  if (k.shape[0] !== R || v.shape[0] !== R || v.shape[1] !== S || k.shape[2] !== channels) {
    throw wrong("expected [R, T, E], [R, S, E], [R, S, V]");
  }
  if (channels! % heads !== 0 || v.shape[2]! % heads !== 0) {
    throw wrong(`${heads} heads do not divide the channels`);
  }
  if (window !== undefined && (S !== T || !(window >= 1))) {
    throw wrong(`windows of ${window} need as many keys as queries`);
  }
  if (bias && (bias.shape[1] !== T || bias.shape[2] !== S || R * heads % bias.shape[0] !== 0)) {
    throw wrong(`a bias [${bias.shape}] does not fit ${R * heads} rows of [${T}, ${S}]`);
  }
  if (lengths && (lengths.rank !== 1 || R % lengths.shape[0] !== 0)) {
    throw wrong(`lengths [${lengths.shape}] do not divide ${R} sequences`);
  }
}
