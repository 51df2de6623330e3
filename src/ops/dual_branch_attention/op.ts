/**
 * Attention of two branches: by content (softmax) and by distance alone, side by side in every
 * head.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:translayer.py (Attention).
 */

import * as tf from "@tensorflow/tfjs";
import { attention, type AttentionImplementation, contentOnly } from "../attention/op.ts";
import { decayMass, distanceDecay } from "../distance_decay/op.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

/** Snippets over which the second branch's weight falls to 1/e; the official code says exp(1). */
export const DECAY_SCALE = Math.E;

// x [R, T, 4 C] -> y [R, T, 2 C], lse [R H, T], C = heads d. Chunks of C channels of x:
// q, k, v, t, each head by head.
//   branch 1: softmax(q k^T / sqrt(d)) v; lse as WsvadAttention's
//   branch 2: A t, A_ij = E_ij / (sum over k of E_kj), E_ij = exp(-|i - j| / e):
//     columns sum to 1, not rows
//   y: head 0 branch 1, head 0 branch 2, head 1 branch 1, ... of d channels each
// attributes { heads }. The gradient computes the attention weights again.
defineKernel({
  name: "WsvadDualBranchAttention",
  composed: ({ x }, { heads }) => composedDualBranch(x, heads),
  gradient: {
    inputsToSave: ["x"],
    outputsToSave: [true, true],
    gradFunc: (dys, [x, y, lse], attributes) => {
      const dy = (dys as tf.Tensor[])[0];
      return { x: () => runKernel("WsvadDualBranchAttentionGrad", { x, dy, y, lse }, attributes) };
    },
  },
});

// x [R, T, 4 C], dy, y [R, T, 2 C], lse [R H, T] -> dx [R, T, 4 C]. attributes { heads }
defineKernel({
  name: "WsvadDualBranchAttentionGrad",
  composed: ({ x, dy, y, lse }, { heads }) => composedDualBranchGradient({ x, dy, y, lse }, heads),
});

/** Both branches in tf ops and {@link attention}: [y, lse]. */
export function composedDualBranch(x: tf.Tensor, heads: number): tf.Tensor[] {
  const [q, k, v, t] = tf.split(x, 4, 2); // [R, T, C]
  const [byContent, lse] = runKernels("WsvadAttention", ...contentOnly({ q, k, v }, heads));
  return [joined(byContent, byDistance(t), heads), lse];
}

/** dx in the same way. */
export function composedDualBranchGradient(
  { x, dy, y, lse }: Record<"x" | "dy" | "y" | "lse", tf.Tensor>,
  heads: number,
): tf.Tensor {
  const [q, k, v] = tf.split(x, 4, 2);
  const [slope, distanceSlope] = branchesOf(dy, heads); // [R, T, C]
  const [content] = branchesOf(y, heads);
  const [inputs, attributes] = contentOnly({ q, k, v }, heads);
  const slopes = runKernels(
    "WsvadAttentionGrad",
    { ...inputs, dy: slope, y: content, lse },
    attributes,
  );
  const dt = tf.div(distanceDecay(distanceSlope, DECAY_SCALE), mass(dy.shape[1]!));
  return tf.concat([...slopes, dt], 2);
}

/** A t of the second branch, t [R, T, C]. */
function byDistance(t: tf.Tensor): tf.Tensor {
  return distanceDecay(tf.div(t, mass(t.shape[1]!)), DECAY_SCALE);
}

/** Two branches [R, T, H d] head by head beside each other: [R, T, 2 H d]. */
function joined(first: tf.Tensor, second: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = first.shape;
  const byHead = [first, second].map((x) => tf.reshape(x, [R, T!, heads, C! / heads]));
  return tf.reshape(tf.concat(byHead, 3), [R, T!, 2 * C!]);
}

/** The reverse of {@link joined}. */
function branchesOf(y: tf.Tensor, heads: number): tf.Tensor[] {
  const [R, T, C] = y.shape;
  const byHead = tf.reshape(y, [R, T!, heads, C! / heads]);
  return tf.split(byHead, 2, 3).map((x) => tf.reshape(x, [R, T!, C! / 2]));
}

/** What the weights of each snippet add up to, [1, T, 1]. */
function mass(T: number): tf.Tensor {
  return tf.tensor(Float32Array.from(decayMass(T, DECAY_SCALE)), [1, T, 1]);
}

/**
 * Both branches of every head.
 *
 * @param x [R, T, 4 C]: queries, keys and values of the content branch, values of the distance
 *     branch
 * @param heads divides C
 * @returns [R, T, 2 C], head by head its content branch, then its distance branch
 */
export function dualBranchAttention(
  x: tf.Tensor,
  heads: number,
  implementation: AttentionImplementation = "fused",
): tf.Tensor {
  if (implementation === "fused") {
    return runKernels("WsvadDualBranchAttention", { x }, { heads })[0];
  }
  const [q, k, v, t] = tf.split(x, 4, 2);
  const scale = (q.shape[2]! / heads) ** -0.5;
  return joined(attention(q, k, v, scale, { heads, implementation }), byDistance(t), heads);
}
