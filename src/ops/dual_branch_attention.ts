/**
 * Attention of two branches: by content (softmax) and by distance alone, side by side in every head.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:translayer.py (Attention).
 */

import * as tf from "@tensorflow/tfjs";
import { decayMass, distanceDecay, distanceDecayReference } from "./distance_decay.ts";
import { defineKernel, runKernel } from "./kernel.ts";

/** Snippets over which the second branch's weight falls to 1/e; the official code says exp(1). */
const DECAY_SCALE = Math.E;
/** Most elements of the attention weights that exist at once: 64 MB of float32. */
const MOST_WEIGHTS = 2 ** 24;

// x [R, T, 4 C] -> [R, T, 2 C], C = heads d. Chunks of C channels of x: q, k, v, t, each head by head.
//   branch 1: softmax(q k^T / sqrt(d)) v
//   branch 2: A t, A_ij = E_ij / (sum over k of E_kj), E_ij = exp(-|i - j| / e): columns sum to 1, not rows
//   out: head 0 branch 1, head 0 branch 2, head 1 branch 1, ... of d channels each
// attributes { heads }. Attention weights are not kept: the gradient computes them again.
defineKernel({
  name: "WsvadDualBranchAttention",
  composed: ({ x }, { heads }) => {
    const [R, T] = x.shape;
    const [q, k, v, t] = tf.split(x, 4, 2); // [R, T, C]
    const byContent = forBlocks(R, T!, heads, (rows) => {
      const [keys, values] = [k, v].map((part) => headsOf(part, heads, rows)); // [r, H, T, d]
      return { of: (queries) => tf.matMul(contentWeights(q, keys, heads, queries), values) };
    });
    const byDistance = distanceDecay(tf.div(t, mass(T!)), DECAY_SCALE); // [R, T, C]
    return interleaved(byContent, splitHeads(byDistance, heads));
  },
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => runKernel("WsvadDualBranchAttentionGrad", { x, dy: dy as tf.Tensor }, attributes),
    }),
  },
});

// x [R, T, 4 C], dy [R, T, 2 C] -> dx [R, T, 4 C]. attributes { heads }
defineKernel({
  name: "WsvadDualBranchAttentionGrad",
  composed: ({ x, dy }, { heads }) => {
    const [R, T, width] = x.shape;
    const C = width! / 4, d = C / heads;
    const [q, k, v] = tf.split(x, 4, 2);
    const [dContent, dDistance] = tf.split(tf.reshape(dy, [R, T!, heads, 2 * d]), 2, 3)
      .map((part) => tf.reshape(part, [R, T!, C]));
    const dKeys: tf.Tensor[] = [], dValues: tf.Tensor[] = [];
    const dq = forBlocks(R, T!, heads, (rows) => {
      const [keys, values] = [k, v].map((part) => headsOf(part, heads, rows));
      let dk: tf.Tensor = tf.zerosLike(keys), dv: tf.Tensor = tf.zerosLike(values);
      return {
        of(queries) {
          const weights = contentWeights(q, keys, heads, queries); // [r, H, block, T]
          const dOut = headsOf(dContent, heads, queries);
          const dWeights = tf.matMul(dOut, values, false, true);
          const along = tf.sum(tf.mul(weights, dWeights), 3, true);
          const dLogits = tf.mul(tf.mul(weights, tf.sub(dWeights, along)), d ** -0.5);
          dk = tf.add(dk, tf.matMul(dLogits, headsOf(q, heads, queries), true));
          dv = tf.add(dv, tf.matMul(weights, dOut, true));
          return tf.matMul(dLogits, keys);
        },
        done() {
          dKeys.push(dk);
          dValues.push(dv);
        },
      };
    });
    const joined = (parts: tf.Tensor[]) =>
      tf.reshape(tf.transpose(tf.concat(parts, 0), [0, 2, 1, 3]), [R, T!, C]);
    const dt = tf.div(distanceDecay(dDistance, DECAY_SCALE), mass(T!));
    return tf.concat([tf.reshape(dq, [R, T!, C]), joined(dKeys), joined(dValues), dt], 2);
  },
});

/** Rows `row` to `row + rows` of a tensor [R, T, C], and of their snippets `from` to `from + count`. */
interface Part {
  row: number;
  rows: number;
  from: number;
  count: number;
}

interface RowBlock {
  /** Result of a block of queries, [rows, H, count, d]. */
  of(queries: Part): tf.Tensor;
  /** Called after the last block. */
  done?(): void;
}

/** Computes [R, T, H, d] in blocks whose attention weights stay small, whatever R and T. */
function forBlocks(
  R: number,
  T: number,
  heads: number,
  begin: (rows: Part) => RowBlock,
): tf.Tensor {
  const rowsAtOnce = Math.max(1, Math.floor(MOST_WEIGHTS / (heads * T * T)));
  const queriesAtOnce = Math.max(1, Math.min(T, Math.floor(MOST_WEIGHTS / (heads * T))));
  const results: tf.Tensor[] = [];
  for (let row = 0; row < R; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, R - row);
    const block = begin({ row, rows, from: 0, count: T });
    const parts: tf.Tensor[] = [];
    for (let from = 0; from < T; from += queriesAtOnce) {
      const count = Math.min(queriesAtOnce, T - from);
      parts.push(tf.transpose(block.of({ row, rows, from, count }), [0, 2, 1, 3]));
    }
    block.done?.();
    results.push(tf.concat(parts, 1)); // [rows, T, H, d]
  }
  return tf.concat(results, 0);
}

/** softmax(q k^T / sqrt(d)) of a block of queries: [rows, H, count, T]. */
function contentWeights(q: tf.Tensor, keys: tf.Tensor, heads: number, queries: Part): tf.Tensor {
  const scaled = tf.mul(headsOf(q, heads, queries), keys.shape[3]! ** -0.5);
  return tf.softmax(tf.matMul(scaled, keys, false, true));
}

/** x [R, T, C] -> [R, T, H, d]. */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = x.shape;
  return tf.reshape(x, [R, T!, heads, C! / heads]);
}

/** A part of x [R, T, C], head by head: [rows, H, count, d]. */
function headsOf(x: tf.Tensor, heads: number, { row, rows, from, count }: Part): tf.Tensor {
  const part = tf.slice(x, [row, from, 0], [rows, count, x.shape[2]!]);
  return tf.transpose(splitHeads(part, heads), [0, 2, 1, 3]);
}

/** Two tensors [R, T, H, d] -> [R, T, 2 H d], the branches of each head side by side. */
function interleaved(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [R, T, H, d] = a.shape;
  return tf.reshape(tf.concat([a, b], 3), [R, T!, 2 * H! * d!]);
}

function mass(T: number): tf.Tensor {
  return tf.tensor(Float32Array.from(decayMass(T, DECAY_SCALE)), [1, T, 1]);
}

/**
 * Both branches of every head.
 *
 * @param x [R, T, 4 C]: queries, keys and values of the content branch, values of the distance branch
 * @param heads divides C
 * @returns [R, T, 2 C], head by head its content branch, then its distance branch
 */
export function dualBranchAttention(x: tf.Tensor, heads: number): tf.Tensor {
  return runKernel("WsvadDualBranchAttention", { x }, { heads });
}

/** x [R, T, 4 C] -> [R, T, 2 C] in plain double precision loops. */
export function dualBranchAttentionReference(
  x: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  heads: number,
): Float64Array {
  const d = C / heads, y = new Float64Array(R * T * 2 * C);
  const at = (r: number, t: number, chunk: number, c: number) =>
    x[((r * T + t) * 4 + chunk) * C + c];
  const weightSums = Array.from(
    { length: T },
    (_, j) =>
      Array.from({ length: T }, (_, k) => Math.exp(-Math.abs(j - k) / Math.E))
        .reduce((sum, weight) => sum + weight),
  );
  const scaled = new Float64Array(R * T * C);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) scaled[(r * T + t) * C + c] = at(r, t, 3, c) / weightSums[t];
    }
  }
  const byDistance = distanceDecayReference(scaled, [R, T, C], Math.E);
  for (let r = 0; r < R; r++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < T; i++) {
        const logits = Array.from({ length: T }, (_, j) => {
          let sum = 0;
          for (let c = h * d; c < (h + 1) * d; c++) sum += at(r, i, 0, c) * at(r, j, 1, c);
          return sum / Math.sqrt(d);
        });
        const most = Math.max(...logits);
        const powers = logits.map((logit) => Math.exp(logit - most));
        const total = powers.reduce((sum, power) => sum + power);
        const out = (r * T + i) * 2 * C + h * 2 * d;
        for (let c = 0; c < d; c++) {
          for (let j = 0; j < T; j++) y[out + c] += powers[j] / total * at(r, j, 2, h * d + c);
          y[out + d + c] = byDistance[(r * T + i) * C + h * d + c];
        }
      }
    }
  }
  return y;
}
