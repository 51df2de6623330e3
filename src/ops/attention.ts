/** Softmax attention. The table of all positions against all is made for some queries at a time and never kept. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "./kernel.ts";

/** Most entries of the table at once, 64 MB. Tests set it low. */
export const tableLimit = { entries: 1 << 24 };

/** Queries [start, end) of T that are worked on together. */
function* pieces(P: number, T: number, keys: number): Generator<[number, number]> {
  const length = Math.max(1, Math.floor(tableLimit.entries / (P * keys)));
  for (let start = 0; start < T; start += length) yield [start, Math.min(T, start + length)];
}

/** Positions [start, end) of x [P, T, E]. */
function positions(x: tf.Tensor, start: number, end: number): tf.Tensor {
  const [P, T, E] = x.shape;
  return start === 0 && end === T ? x : tf.slice(x, [0, start, 0], [P, end - start, E!]);
}

/** Weights [P, queries, keys], each row of sum 1. */
function weights(q: tf.Tensor, k: tf.Tensor, scale: number): tf.Tensor {
  return tf.softmax(tf.matMul(tf.mul(q, scale), k, false, true));
}

// q [P, T, E], k [P, S, E], v [P, S, V] -> [P, T, V]. attributes { scale }
defineKernel({
  name: "WsvadAttention",
  composed: ({ q, k, v }, { scale }) => {
    const parts = Array.from(
      pieces(q.shape[0], q.shape[1]!, k.shape[1]!),
      ([start, end]) => tf.tidy(() => tf.matMul(weights(positions(q, start, end), k, scale), v)),
    );
    return tf.concat(parts, 1);
  },
  gradient: {
    inputsToSave: ["q", "k", "v"],
    gradFunc: (dy, [q, k, v], attributes) => {
      const [dq, dk, dv] = runKernels(
        "WsvadAttentionGrad",
        { dy: dy as tf.Tensor, q, k, v },
        attributes,
      );
      return { q: () => dq, k: () => dk, v: () => dv };
    },
  },
});

// dy [P, T, V], q, k, v -> [dq, dk, dv]. attributes { scale }
defineKernel({
  name: "WsvadAttentionGrad",
  composed: ({ dy, q, k, v }, { scale }) => {
    const parts = Array.from(
      pieces(q.shape[0], q.shape[1]!, k.shape[1]!),
      ([start, end]) =>
        tf.tidy(() => {
          const query = positions(q, start, end), slope = positions(dy, start, end);
          const table = weights(query, k, scale); // [P, queries, S]
          const dtable = tf.matMul(slope, v, false, true);
          const mean = tf.sum(tf.mul(table, dtable), -1, true);
          const dlogits = tf.mul(tf.mul(table, tf.sub(dtable, mean)), scale);
          return [
            tf.matMul(dlogits, k),
            tf.matMul(dlogits, query, true),
            tf.matMul(table, slope, true),
          ];
        }),
    );
    const sum = (which: number) =>
      parts.map((part) => part[which]).reduce((total, part) => tf.add(total, part));
    return [tf.concat(parts.map(([dq]) => dq), 1), sum(1), sum(2)];
  },
});

/**
 * Every query takes the mean of the values, weighted by softmax(scale q k^T) over the keys.
 *
 * @param q [P, T, E], one P for each row and head
 * @param k [P, S, E]
 * @param v [P, S, V]
 * @returns [P, T, V]
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number): tf.Tensor {
  return runKernel("WsvadAttention", { q, k, v }, { scale });
}

/** The same in plain double precision loops. */
export function attentionReference(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  [P, T, S, E, V]: [number, number, number, number, number],
  scale: number,
): Float64Array {
  const y = new Float64Array(P * T * V);
  for (let p = 0; p < P; p++) {
    for (let t = 0; t < T; t++) {
      const logits = Float64Array.from({ length: S }, (_, s) => {
        let dot = 0;
        for (let e = 0; e < E; e++) dot += q[(p * T + t) * E + e] * k[(p * S + s) * E + e];
        return scale * dot;
      });
      const largest = Math.max(...logits);
      const powers = logits.map((logit) => Math.exp(logit - largest));
      const total = powers.reduce((sum, power) => sum + power);
      for (let s = 0; s < S; s++) {
        for (let i = 0; i < V; i++) {
          y[(p * T + t) * V + i] += powers[s] / total * v[(p * S + s) * V + i];
        }
      }
    }
  }
  return y;
}
