/** Attention in plain double precision loops. */

import { inWindow } from "./table.ts";

/** As AttentionOptions, with the numbers of the tensors. */
export interface ReferenceOptions {
  heads?: number;
  causal?: boolean;
  window?: number;
  /** [count, T, S]. */
  bias?: { values: ArrayLike<number>; count: number };
  lengths?: ArrayLike<number>;
  /** Factor of each weight [R H, T, S], as dropout makes them. */
  kept?: ArrayLike<number>;
}

type Sizes = [R: number, T: number, S: number, E: number, V: number];
type Numbers = ArrayLike<number>;

/**
 * Calls `body` with the weights over the keys, before dropout, of every query t of row p = r H + h.
 */
function eachQuery(
  q: Numbers,
  k: Numbers,
  [R, T, S, E]: Sizes,
  scale: number,
  { heads: H = 1, causal = false, window = 0, bias, lengths }: ReferenceOptions,
  body: (weights: Float64Array, p: number, t: number) => void,
): void {
  for (let p = 0; p < R * H; p++) {
    const r = Math.floor(p / H), h = p % H;
    const length = lengths ? lengths[Math.floor(r / (R / lengths.length))] : S;
    for (let t = 0; t < T; t++) {
      const logits = Float64Array.from({ length: S }, (_, s) => {
        if (s >= length || (causal && s > t) || !inWindow(t, s, T, window)) return -Infinity;
        let dot = 0;
        for (let e = 0; e < E; e++) {
          dot += q[((r * T + t) * H + h) * E + e] * k[((r * S + s) * H + h) * E + e];
        }
        return scale * dot + (bias ? bias.values[((p % bias.count) * T + t) * S + s] : 0);
      });
      const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
      const powers = logits.map((logit) => Math.exp(logit - largest));
      const total = powers.reduce((sum, power) => sum + power);
      body(powers.map((power) => power / total), p, t);
    }
  }
}

/**
 * Attention of R sequences.
 *
 * @param sizes R, T, S and the channels E, V of one head
 * @returns [R, T, H V]
 */
export function attentionReference(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  sizes: Sizes,
  scale: number,
  options: ReferenceOptions = {},
): Float64Array {
  const [R, T, S, , V] = sizes, { heads: H = 1, kept } = options;
  const y = new Float64Array(R * T * H * V);
  eachQuery(q, k, sizes, scale, options, (weights, p, t) => {
    const r = Math.floor(p / H), h = p % H;
    for (let s = 0; s < S; s++) {
      const weight = weights[s] * (kept ? kept[(p * T + t) * S + s] : 1);
      for (let i = 0; i < V; i++) {
        y[((r * T + t) * H + h) * V + i] += weight * v[((r * S + s) * H + h) * V + i];
      }
    }
  });
  return y;
}

/** Gradients of sum(dy attention(q, k, v)): dq, dk, dv, and dbias where there is a bias. */
export function attentionGradientReference(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  dy: Numbers,
  sizes: Sizes,
  scale: number,
  options: ReferenceOptions = {},
): Record<"dq" | "dk" | "dv" | "dbias", Float64Array> {
  const [, T, S, E, V] = sizes, { heads: H = 1, kept, bias } = options;
  const [dq, dk, dv] = [q, k, v].map(({ length }) => new Float64Array(length));
  const dbias = new Float64Array(bias ? bias.count * T * S : 0);
  eachQuery(q, k, sizes, scale, options, (weights, p, t) => {
    const r = Math.floor(p / H), h = p % H;
    const query = (r * T + t) * H + h;
    const key = (s: number) => (r * S + s) * H + h;
    const slopes = weights.map((weight, s) => {
      const factor = kept ? kept[(p * T + t) * S + s] : 1;
      let slope = 0;
      for (let i = 0; i < V; i++) {
        slope += dy[query * V + i] * v[key(s) * V + i];
        dv[key(s) * V + i] += weight * factor * dy[query * V + i];
      }
      return slope * factor;
    });
    const mean = slopes.reduce((sum, slope, s) => sum + weights[s] * slope, 0);
    for (let s = 0; s < S; s++) {
      const dlogit = weights[s] * (slopes[s] - mean);
      if (bias) dbias[((p % bias.count) * T + t) * S + s] += dlogit;
      for (let e = 0; e < E; e++) {
        dq[query * E + e] += scale * dlogit * k[key(s) * E + e];
        dk[key(s) * E + e] += scale * dlogit * q[query * E + e];
      }
    }
  });
  return { dq, dk, dv, dbias };
}
