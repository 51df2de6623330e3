/** Both branches of every head on the GPU, straight from the columns of x to those of y. */

import * as tf from "@tensorflow/tfjs";
import { NO_DROPOUT } from "../attention/op.ts";
import type { AttentionAttributes } from "../attention/table.ts";
import { composedDualBranch, composedDualBranchGradient, DECAY_SCALE } from "./op.ts";
import { asTensor, attend, attentionSlopes, type Places } from "../attention/gpu.ts";
import { decayHeads } from "../distance_decay/gpu.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

/** The content branch within x [R, T, 4 C]. */
function contentOf(x: tf.Tensor, heads: number): { places: Places; given: AttentionAttributes } {
  const C = x.shape[2]! / 4, d = C / heads;
  const [q, k, v] = [0, 1, 2].map((chunk) => ({ tensor: x, start: chunk * C }));
  return {
    places: { q, k, v, E: d, V: d },
    given: { scale: d ** -0.5, heads, causal: false, window: 0, ...NO_DROPOUT },
  };
}

/** Whether the kernels, which read four channels at a time, can take the heads of x as they lie. */
function readable(x: tf.Tensor, heads: number): boolean {
  const d = x.shape[2]! / 4 / heads;
  return d % 4 === 0;
}

registerGpuForm("WsvadDualBranchAttention", (backend, infos, { heads }) =>
  tf.tidy(() => {
    const { x } = infos as unknown as Record<string, tf.Tensor>;
    if (!readable(x, heads)) return composedDualBranch(x, heads);
    const [R, T, width] = x.shape as number[], C = width / 4, channels = C / heads;
    const { places, given } = contentOf(x, heads);
    const y = asTensor(backend.output([R, T, 2 * C])), none = tf.zeros([0]);
    const absent = { bias: none, lengths: none, state: none };
    const lse = attend(backend, places, absent, given, { tensor: y, head: 2 * channels });
    decayHeads(
      backend,
      [{ tensor: x, start: 3 * C, step: channels }, {
        tensor: y,
        start: channels,
        step: 2 * channels,
      }],
      { heads, channels, scale: DECAY_SCALE, share: "before" },
    );
    return [y, lse];
  }));

registerGpuForm("WsvadDualBranchAttentionGrad", (backend, infos, { heads }) =>
  tf.tidy(() => {
    const inputs = infos as unknown as Record<"x" | "dy" | "y" | "lse", tf.Tensor>;
    const { x, dy, y, lse } = inputs;
    if (!readable(x, heads)) return composedDualBranchGradient(inputs, heads);
    const [R, T, width] = x.shape as number[], C = width / 4, channels = C / heads;
    const { places, given } = contentOf(x, heads), none = tf.zeros([0]);
    const absent = { bias: none, lengths: none, state: none };
    const slopes = { dy: { tensor: dy, head: 2 * channels }, y, lse };
    const content = attentionSlopes(backend, places, absent, given, slopes); // [R, T, C] each
    const dt = asTensor(backend.output([R, T, C]));
    decayHeads(
      backend,
      [{ tensor: dy, start: channels, step: 2 * channels }, {
        tensor: dt,
        start: 0,
        step: channels,
      }],
      { heads, channels, scale: DECAY_SCALE, share: "after" },
    );
    return tf.concat([...content, dt], 2);
  }));
