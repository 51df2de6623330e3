/**
 * Attention whose reach is learned: every query and head has a span z, and a key at distance d
 * counts in full up to z and falls to nothing over a ramp of R snippets beyond it.
 *
 * Source: adaptive span, Sukhbaatar et al., ACL 2019, arXiv 1905.07799, as TPWNG's temporal context
 * self-adaptive learning, Yang et al., CVPR 2024, eq. 7-9, where the span depends on the query.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

export interface SpanSettings {
  /** Divides the channels; head h has channels h d .. (h + 1) d - 1. */
  heads: number;
  /** Factor of the products of queries and keys. */
  scale: number;
  /** R: snippets from full weight to none. */
  ramp: number;
  /**
   * Only the query itself and the snippets before it are seen; otherwise both sides, by |t - r|.
   */
  causal: boolean;
}

/** Most entries of the table of queries and keys at once, 64 MB. Tests set it low. */
export const spanTableLimit = { entries: 1 << 24 };

/** Stands for minus infinity: its power is 0, and 0 times it is a number. */
const UNSEEN = -1e30;

interface Rows {
  q: tf.Tensor;
  k: tf.Tensor;
  v: tf.Tensor;
  z: tf.Tensor;
}

// q, k, v [R, T, C], z [R, T, H] -> [R, T, C]. attributes SpanSettings
//   weight[t, r] = chi e^beta / sum over r of chi e^beta, beta = scale q_t k_r,
//     chi = clamp((R + z_t - d) / R, 0, 1)
// No table of weights is kept: the gradient makes them again.
defineKernel({
  name: "WsvadSpanAttention",
  composed: ({ q, k, v, z }, attributes) => {
    const settings = attributes as SpanSettings;
    const rows = headRows({ q, k, v, z }, settings.heads);
    const parts = pieces(rows.q, settings).map((piece) =>
      tf.tidy(() => {
        const { chi, powers, total } = weighing(rows, piece, settings);
        return tf.matMul(tf.div(tf.mul(chi.value, powers), total), keysOf(rows.v, piece));
      })
    );
    return fromHeadRows(tf.concat(parts, 1), settings.heads);
  },
  gradient: {
    inputsToSave: ["q", "k", "v", "z"],
    gradFunc: (dy, [q, k, v, z], attributes) => {
      const inputs = { dy: dy as tf.Tensor, q, k, v, z };
      const [dq, dk, dv, dz] = runKernels("WsvadSpanAttentionGrad", inputs, { ...attributes });
      return { q: () => dq, k: () => dk, v: () => dv, z: () => dz };
    },
  },
});

// dy, q, k, v [R, T, C], z [R, T, H] -> [dq, dk, dv [R, T, C], dz [R, T, H]].
// attributes SpanSettings
//   with p the weights, g = dy v and m = sum over r of p g:
//     dbeta = p (g - m),  dchi = p / chi (g - m)
// A clamped chi has no gradient; at the very ends of its range it has, as PyTorch's clamp.
defineKernel({
  name: "WsvadSpanAttentionGrad",
  composed: ({ dy, q, k, v, z }, attributes) => {
    const settings = attributes as SpanSettings;
    const rows = headRows({ q, k, v, z }, settings.heads);
    const slopes = headRow(dy, settings.heads);
    const [P, T, d] = rows.q.shape;
    const parts = pieces(rows.q, settings).map((piece) =>
      tf.tidy(() => {
        const { chi, powers, total } = weighing(rows, piece, settings);
        const query = queriesOf(rows.q, piece), slope = queriesOf(slopes, piece);
        const shares = tf.div(powers, total); // weights without chi
        const weights = tf.mul(chi.value, shares); // [P, queries, keys]
        const g = tf.matMul(slope, keysOf(rows.v, piece), false, true);
        const apart = tf.sub(g, tf.sum(tf.mul(weights, g), -1, true));
        const dbeta = tf.mul(tf.mul(weights, apart), settings.scale);
        const dchi = tf.mul(chi.inside, tf.mul(shares, apart));
        const toKeys = (x: tf.Tensor) => tf.pad(x, [[0, 0], [0, T! - piece.keys], [0, 0]]);
        return [
          tf.matMul(dbeta, keysOf(rows.k, piece)),
          toKeys(tf.matMul(dbeta, query, true)),
          toKeys(tf.matMul(weights, slope, true)),
          tf.div(tf.sum(dchi, -1, true), settings.ramp),
        ];
      })
    );
    const joined = (which: number) => tf.concat(parts.map((part) => part[which]), 1);
    const sum = (which: number) =>
      parts.map((part) => part[which]).reduce((total, part) => tf.add(total, part));
    const [dq, dk, dv] = [joined(0), sum(1), sum(2)].map((x) =>
      fromHeadRows(tf.reshape(x, [P, T!, d!]), settings.heads)
    );
    return [dq, dk, dv, fromHeadRows(joined(3), settings.heads)];
  },
});

export interface Piece {
  /** Queries [start, end). */
  start: number;
  end: number;
  /** Keys [0, keys) are seen. */
  keys: number;
}

/** Queries of q [P, T, d] that are worked on together. */
export function pieces(q: tf.Tensor, { causal }: SpanSettings): Piece[] {
  const [P, T] = q.shape;
  const length = Math.max(1, Math.floor(spanTableLimit.entries / (P * T!)));
  return Array.from({ length: Math.ceil(T! / length) }, (_, i) => {
    const start = i * length, end = Math.min(T!, start + length);
    return { start, end, keys: causal ? end : T! };
  });
}

export function queriesOf(x: tf.Tensor, { start, end }: Piece): tf.Tensor {
  return tf.slice(x, [0, start, 0], [x.shape[0], end - start, x.shape[2]!]);
}

export function keysOf(x: tf.Tensor, { keys }: Piece): tf.Tensor {
  return tf.slice(x, [0, 0, 0], [x.shape[0], keys, x.shape[2]!]);
}

/** chi and e^beta [P, queries, keys], and the sums of their products [P, queries, 1]. */
function weighing({ q, k, z }: Rows, piece: Piece, { scale, ramp, causal }: SpanSettings) {
  const { seen, distance } = distances(piece, causal);
  const beta = tf.mul(tf.matMul(queriesOf(q, piece), keysOf(k, piece), false, true), scale);
  const visible = tf.add(beta, seen);
  // The shift cancels out. It is the largest of what is seen, so that no sum can be 0.
  const powers = tf.exp(tf.sub(visible, tf.max(visible, -1, true)));
  const open = tf.div(tf.sub(tf.add(queriesOf(z, piece), ramp), distance), ramp);
  const value = tf.clipByValue(open, 0, 1);
  const inside = tf.cast(tf.equal(open, value), "float32");
  return { chi: { value, inside }, powers, total: tf.sum(tf.mul(value, powers), -1, true) };
}

/**
 * For each query and key of a piece, 0 where it is seen, and how far away it is:
 * [1, queries, keys].
 */
function distances({ start, end, keys }: Piece, causal: boolean) {
  const seen = new Float32Array((end - start) * keys), distance = new Float32Array(seen.length);
  for (let t = start, i = 0; t < end; t++) {
    for (let r = 0; r < keys; r++, i++) {
      if (causal && r > t) seen[i] = UNSEEN;
      distance[i] = Math.abs(t - r);
    }
  }
  const shape = [1, end - start, keys];
  return { seen: tf.tensor(seen, shape), distance: tf.tensor(distance, shape) };
}

/** x [R, T, H d] -> [R H, T, d]. */
export function headRow(x: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = x.shape;
  const byHead = tf.transpose(tf.reshape(x, [R, T!, heads, C! / heads]), [0, 2, 1, 3]);
  return tf.reshape(byHead, [R * heads, T!, C! / heads]);
}

function headRows({ q, k, v, z }: Rows, heads: number): Rows {
  const [rowsQ, rowsK, rowsV, rowsZ] = [q, k, v, z].map((x) => headRow(x, heads));
  return { q: rowsQ, k: rowsK, v: rowsV, z: rowsZ };
}

/** x [R H, T, d] -> [R, T, H d]. */
export function fromHeadRows(x: tf.Tensor, heads: number): tf.Tensor {
  const [rows, T, d] = x.shape;
  const byHead = tf.transpose(tf.reshape(x, [rows / heads, heads, T!, d!]), [0, 2, 1, 3]);
  return tf.reshape(byHead, [rows / heads, T!, heads * d!]);
}

/**
 * Every query takes the mean of the values it can see, weighted by chi e^(scale q k).
 *
 * @param q [R, T, C], head by head
 * @param k [R, T, C]
 * @param v [R, T, C]
 * @param z [R, T, heads], spans in snippets, not negative
 * @returns [R, T, C]
 */
export function spanAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  z: tf.Tensor,
  settings: SpanSettings,
): tf.Tensor {
  return runKernel("WsvadSpanAttention", { q, k, v, z }, { ...settings });
}
