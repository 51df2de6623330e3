/**
 * Attention of two branches: by content (softmax) and by distance alone, side by side in every head.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:translayer.py (Attention).
 */

import * as tf from "@tensorflow/tfjs";
import { attention, attentionReference } from "./attention.ts";
import { decayMass, distanceDecay, distanceDecayReference } from "./distance_decay.ts";
import { defineKernel, runKernel, runKernels } from "./kernel.ts";

/** Snippets over which the second branch's weight falls to 1/e; the official code says exp(1). */
const DECAY_SCALE = Math.E;

// x [R, T, 4 C] -> [R, T, 2 C], C = heads d. Chunks of C channels of x: q, k, v, t, each head by head.
//   branch 1: softmax(q k^T / sqrt(d)) v
//   branch 2: A t, A_ij = E_ij / (sum over k of E_kj), E_ij = exp(-|i - j| / e): columns sum to 1, not rows
//   out: head 0 branch 1, head 0 branch 2, head 1 branch 1, ... of d channels each
// attributes { heads }. Only x is kept for the gradient, which computes the attention weights again.
defineKernel({
  name: "WsvadDualBranchAttention",
  composed: ({ x }, { heads }) => {
    const [q, k, v, t] = tf.split(x, 4, 2); // [R, T, C]
    const [queries, keys, values] = [q, k, v].map((part) => headRows(part, heads)); // [R H, T, d]
    const byContent = attention(queries, keys, values, scaleOf(queries));
    const byDistance = distanceDecay(tf.div(t, mass(t.shape[1]!)), DECAY_SCALE); // [R, T, C]
    const branches = [fromHeadRows(byContent, heads), byDistance]
      .map((branch) => splitHeads(branch, heads)); // [R, T, H, d]
    return mergeHeads(tf.concat(branches, 3));
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
    const [q, k, v] = tf.split(x, 4, 2).map((part) => headRows(part, heads));
    const [byContent, byDistance] = tf.split(splitHeads(dy, heads), 2, 3).map(mergeHeads); // [R, T, C]
    const slopes = runKernels(
      "WsvadAttentionGrad",
      { dy: headRows(byContent, heads), q, k, v },
      { scale: scaleOf(q) },
    ).map((slope) => fromHeadRows(slope, heads));
    const dt = tf.div(distanceDecay(byDistance, DECAY_SCALE), mass(dy.shape[1]!));
    return tf.concat([...slopes, dt], 2);
  },
});

function scaleOf(queries: tf.Tensor): number {
  return queries.shape[2]! ** -0.5;
}

/** x [R, T, C] -> [R, T, H, C / H]. */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = x.shape;
  return tf.reshape(x, [R, T!, heads, C! / heads]);
}

/** x [R, T, H, d] -> [R, T, H d]. */
function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [R, T, H, d] = x.shape;
  return tf.reshape(x, [R, T!, H! * d!]);
}

/** x [R, T, C] -> [R H, T, d]: every head a row of its own. */
function headRows(x: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = x.shape;
  const byHead = tf.transpose(splitHeads(x, heads), [0, 2, 1, 3]); // [R, H, T, d]
  return tf.reshape(byHead, [R * heads, T!, C! / heads]);
}

/** x [R H, T, d] -> [R, T, C]. */
function fromHeadRows(x: tf.Tensor, heads: number): tf.Tensor {
  const [rows, T, d] = x.shape;
  return mergeHeads(tf.transpose(tf.reshape(x, [rows / heads, heads, T!, d!]), [0, 2, 1, 3]));
}

/** What the weights of each snippet add up to, [1, T, 1]. */
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
  /** One chunk of one head, [R, T, d]. */
  const partOf = (chunk: number, head: number) =>
    Float64Array.from({ length: R * T * d }, (_, i) => {
      const row = Math.floor(i / d);
      return x[(row * 4 + chunk) * C + head * d + i % d];
    });
  const sums = Array.from({ length: T }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < T; k++) sum += Math.exp(-Math.abs(j - k) / Math.E);
    return sum;
  });
  for (let head = 0; head < heads; head++) {
    const [q, k, v, t] = [0, 1, 2, 3].map((chunk) => partOf(chunk, head));
    const byContent = attentionReference(q, k, v, [R, T, T, d, d], 1 / Math.sqrt(d));
    const shares = t.map((value, i) => value / sums[Math.floor(i / d) % T]);
    const byDistance = distanceDecayReference(shares, [R, T, d], Math.E);
    for (let i = 0; i < R * T * d; i++) {
      const out = Math.floor(i / d) * 2 * C + head * 2 * d + i % d;
      y[out] = byContent[i];
      y[out + d] = byDistance[i];
    }
  }
  return y;
}
