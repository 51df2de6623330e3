/** Attention with learned spans against plain loops, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { runKernels } from "../kernel/kernel.ts";
import {
  type CaseSizes,
  FLOAT_TOLERANCE,
  type KernelCase,
  numbers,
} from "../kernel/kernel_case.ts";
import { spanAttention, type SpanSettings } from "./op.ts";
import { spanAttentionReference } from "./reference.ts";

/** Two heads of C channels each, causal and not. */
export function spanCases({ B, T, C }: CaseSizes): KernelCase[] {
  const heads = 2, width = heads * C;
  const shape: [number, number, number] = [B, T, width];
  const [q, k, v, dy] = ["q", "k", "v", "dy"].map((name) => numbers(name, B * T * width));
  // Between whole distances, where the gradient of a clamp would hang on the last bit.
  const z = numbers("z", B * T * heads).map((x) => Math.floor((x + 1) / 2 * T) + 0.25 + x / 8);
  const tensors = () => ({
    ...{ q: tf.tensor(q, shape), k: tf.tensor(k, shape), v: tf.tensor(v, shape) },
    z: tf.tensor(z, [B, T, heads]),
  });
  return [true, false].flatMap((causal) => {
    const settings = { heads, scale: C ** -0.5, ramp: T / 4 + 0.5, causal };
    const direction = causal ? "causal" : "both sides";
    return [{
      name: `WsvadSpanAttention ${direction}`,
      tolerance: FLOAT_TOLERANCE,
      expected: [spanAttentionReference(q, k, v, z, shape, settings)],
      run: () => {
        const inputs = tensors();
        return [spanAttention(inputs.q, inputs.k, inputs.v, inputs.z, settings)];
      },
    }, {
      name: `WsvadSpanAttentionGrad ${direction}`,
      tolerance: FLOAT_TOLERANCE,
      expected: spanAttentionGradientReference({ dy, q, k, v, z }, shape, settings),
      run: () =>
        runKernels("WsvadSpanAttentionGrad", { dy: tf.tensor(dy, shape), ...tensors() }, settings),
    }];
  });
}

/** dq, dk, dv [R, T, C] and dz [R, T, H] in plain double precision loops. */
function spanAttentionGradientReference(
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
