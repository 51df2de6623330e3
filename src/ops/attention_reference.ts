/** Attention in plain double precision loops. */

import { inWindow } from "./attention_table.ts";

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

/**
 * Attention of R sequences.
 *
 * @param sizes R, T, S and the channels E, V of one head
 * @returns [R, T, H V]
 */
export function attentionReference(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  [R, T, S, E, V]: [number, number, number, number, number],
  scale: number,
  { heads: H = 1, causal = false, window = 0, bias, lengths, kept }: ReferenceOptions = {},
): Float64Array {
  const y = new Float64Array(R * T * H * V);
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
      for (let s = 0; s < S; s++) {
        const weight = powers[s] / total * (kept ? kept[(p * T + t) * S + s] : 1);
        for (let i = 0; i < V; i++) {
          y[((r * T + t) * H + h) * V + i] += weight * v[((r * S + s) * H + h) * V + i];
        }
      }
    }
  }
  return y;
}
