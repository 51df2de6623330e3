/** Attention in plain tf ops, with the table of all queries against all keys. */

import * as tf from "@tensorflow/tfjs";
import { dropout } from "../random_values/op.ts";
import { lengthMask, softmax } from "../softmax/op.ts";

/** Settings of the attention kernels. */
export interface AttentionAttributes {
  scale: number;
  heads: number;
  causal: boolean;
  /** 0: none. */
  window: number;
  /** Of dropout. */
  rate: number;
  stream: number;
}

/** x [R, T, H d] -> [R H, T, d]: heads are contiguous slices of the channels. */
export function headRows(x: tf.Tensor, heads: number): tf.Tensor {
  if (heads === 1) return x;
  const [R, T, C] = x.shape;
  const byHead = tf.transpose(tf.reshape(x, [R, T!, heads, C! / heads]), [0, 2, 1, 3]);
  return tf.reshape(byHead, [R * heads, T!, C! / heads]);
}

/** x [R H, T, d] -> [R, T, H d]. */
export function mergeHeadRows(x: tf.Tensor, heads: number): tf.Tensor {
  if (heads === 1) return x;
  const [rows, T, d] = x.shape;
  const byHead = tf.reshape(x, [rows / heads, heads, T!, d!]);
  return tf.reshape(tf.transpose(byHead, [0, 2, 1, 3]), [rows / heads, T!, heads * d!]);
}

/** What is added to the logits; both may be empty. */
interface Additions {
  bias: tf.Tensor;
  lengths: tf.Tensor;
}

/**
 * scale q k^T + bias, -Infinity where a query does not see a key.
 *
 * @param q [P, queries, E], of T queries those from `start` on
 * @param k [P, S, E]
 * @returns [P, queries, S]
 */
export function attentionLogits(
  q: tf.Tensor,
  k: tf.Tensor,
  { bias, lengths }: Additions,
  { scale, causal, window }: AttentionAttributes,
  { start, T }: { start: number; T: number },
): tf.Tensor {
  const [P, queries] = q.shape as [number, number], S = k.shape[1]!;
  const products = tf.matMul(tf.mul(q, scale), k, false, true);
  /** Adds [rows of x] to tables in groups: `groups` neighbouring rows share one, or take turns. */
  const shared = (x: tf.Tensor, shape: number[]) => (logits: tf.Tensor) =>
    tf.reshape(tf.add(tf.reshape(logits, shape), x), [P, queries, S]);
  const steps: ((logits: tf.Tensor) => tf.Tensor)[] = [];
  if (bias.size > 0) {
    const [L] = bias.shape;
    steps.push(shared(tf.slice(bias, [0, start, 0], [L, queries, S]), [P / L, L, queries, S]));
  }
  if (causal || window > 0) {
    const mask = maskOf(
      (t, s) => (!causal || s <= t) && inWindow(t, s, T, window),
      start,
      queries,
      S,
    );
    steps.push((logits) => tf.add(logits, mask));
  }
  if (lengths.size > 0) {
    const [B] = lengths.shape;
    steps.push(shared(lengthMask(lengths, S), [B, P / B * queries, S]));
  }
  return steps.reduce((logits, add) => add(logits), products);
}

/** Whether key s lies in the block of query t; blocks that would end past T are none. */
export function inWindow(t: number, s: number, T: number, window: number): boolean {
  if (window === 0) return true;
  const block = Math.floor(t / window);
  return block === Math.floor(s / window) && (block + 1) * window <= T;
}

/** 0 where a query sees a key, else -Infinity: [queries, S], the queries from `start` on. */
function maskOf(
  sees: (t: number, s: number) => boolean,
  start: number,
  queries: number,
  S: number,
): tf.Tensor {
  const values = new Float32Array(queries * S);
  for (let i = 0; i < values.length; i++) {
    if (!sees(start + Math.floor(i / S), i % S)) values[i] = -Infinity;
  }
  return tf.tensor(values, [queries, S]);
}

/**
 * `attn_impl: eager`: attention as it is written in the papers' codes, its gradient that of tfjs.
 */
export function plainAttention(
  { q, k, v, bias, lengths, state }: Additions & Record<string, tf.Tensor>,
  attributes: AttentionAttributes,
): tf.Tensor {
  const { heads, rate, stream } = attributes;
  const [queries, keys, values] = [q, k, v].map((x) => headRows(x, heads));
  const whole = { start: 0, T: q.shape[1]! };
  // the softmax leaves the keys behind the lengths out
  const additions = { bias, lengths: tf.zeros([0]) };
  const logits = attentionLogits(queries, keys, additions, attributes, whole);
  const weights = softmax(logits, lengths.size > 0 ? lengths : undefined);
  const kept = dropout(weights, { rate, state, stream });
  return mergeHeadRows(tf.matMul(kept, values), heads);
}
