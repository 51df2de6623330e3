/** Span attention in plain double precision loops, which the kernels are compared with. */

import { type SpanSettings } from "./op.ts";

/** The same in plain double precision loops; q, k, v [R, T, C], z [R, T, H]. */
export function spanAttentionReference(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  z: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  { heads, scale, ramp, causal }: SpanSettings,
): Float64Array {
  const y = new Float64Array(R * T * C), d = C / heads;
  for (let row = 0; row < R; row++) {
    for (let h = 0; h < heads; h++) {
      const at = (t: number) => (row * T + t) * C + h * d;
      for (let t = 0; t < T; t++) {
        const betas = Float64Array.from({ length: causal ? t + 1 : T }, (_, r) => {
          let dot = 0;
          for (let i = 0; i < d; i++) dot += q[at(t) + i] * k[at(r) + i];
          return scale * dot;
        });
        const shift = Math.max(...betas), span = z[(row * T + t) * heads + h];
        const weights = betas.map((beta, r) =>
          Math.min(1, Math.max(0, (ramp + span - Math.abs(t - r)) / ramp)) * Math.exp(beta - shift)
        );
        const total = weights.reduce((sum, weight) => sum + weight);
        for (let r = 0; r < weights.length; r++) {
          for (let i = 0; i < d; i++) y[at(t) + i] += weights[r] / total * v[at(r) + i];
        }
      }
    }
  }
  return y;
}
