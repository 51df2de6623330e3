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

/** dq, dk, dv [R, T, C] and dz [R, T, H] in plain double precision loops. */
export function spanAttentionGradientReference(
  { dy, q, k, v, z }: Record<"dy" | "q" | "k" | "v" | "z", ArrayLike<number>>,
  [R, T, C]: [number, number, number],
  { heads, scale, ramp, causal }: SpanSettings,
): Float64Array[] {
  const [dq, dk, dv] = [0, 1, 2].map(() => new Float64Array(R * T * C));
  const dz = new Float64Array(R * T * heads), d = C / heads;
  const dot = (a: ArrayLike<number>, from: number, b: ArrayLike<number>, to: number) => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += a[from + i] * b[to + i];
    return sum;
  };
  for (let place = 0; place < R * heads * T; place++) {
    const t = place % T, h = Math.floor(place / T) % heads, row = Math.floor(place / T / heads);
    const at = (r: number) => (row * T + r) * C + h * d;
    const span = (row * T + t) * heads + h;
    const keys = Array.from({ length: causal ? t + 1 : T }, (_, r) => r);
    const betas = keys.map((r) => scale * dot(q, at(t), k, at(r)));
    const shift = Math.max(...betas);
    const open = keys.map((r) => (ramp + z[span] - Math.abs(t - r)) / ramp);
    const chi = open.map((value) => Math.min(1, Math.max(0, value)));
    const powers = betas.map((beta) => Math.exp(beta - shift));
    const total = keys.reduce((sum, r) => sum + chi[r] * powers[r], 0);
    const g = keys.map((r) => dot(dy, at(t), v, at(r)));
    const mean = keys.reduce((sum, r) => sum + chi[r] * powers[r] / total * g[r], 0);
    for (const r of keys) {
      const share = powers[r] / total, weight = chi[r] * share;
      const dbeta = weight * (g[r] - mean) * scale;
      if (open[r] === chi[r]) dz[span] += share * (g[r] - mean) / ramp;
      for (let i = 0; i < d; i++) {
        dq[at(t) + i] += dbeta * k[at(r) + i];
        dk[at(r) + i] += dbeta * q[at(t) + i];
        dv[at(r) + i] += weight * dy[at(t) + i];
      }
    }
  }
  return [dq, dk, dv, dz];
}
