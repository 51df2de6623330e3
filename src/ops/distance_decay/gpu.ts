/** Distance decay on the GPU: two walks along time. */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/distance_decay.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { REACH } from "./op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const kernel = readKernel("distance_decay.wgsl", code);
/** BLOCK of the kernel. */
const BLOCK = 256;

/**
 * Heads of `channels` channels in a tensor [R, T, .]: the first begins at `start`, the next `step`
 * further.
 */
export interface Heads {
  tensor: tf.TensorInfo;
  start: number;
  step: number;
}

/** Where the masses of the snippets divide. */
export type Share = "none" | "before" | "after";

/** Writes the decayed sums of heads of x to those of y. */
export function decayHeads(
  backend: WsvadWebGPUBackend,
  [x, y]: [Heads, Heads],
  { heads, channels, scale, share }: {
    heads: number;
    channels: number;
    scale: number;
    share: Share;
  },
): void {
  const [R, T] = x.tensor.shape, C = heads * channels;
  backend.dispatch({
    kernel,
    bindings: { x: x.tensor, y: y.tensor },
    uniforms: {
      ...{ R, T, C, channels, scale, reach: Math.ceil(REACH * scale) },
      ...{ x_start: x.start, x_row: x.tensor.shape[2], x_step: x.step },
      ...{ y_start: y.start, y_row: y.tensor.shape[2], y_step: y.step },
      share: ["none", "before", "after"].indexOf(share),
    },
    workgroups: Math.ceil(R * Math.ceil(T / BLOCK) * C / 64),
  });
}

registerGpuForm("WsvadDistanceDecay", (backend, { x }, { scale }) => {
  const y = backend.output(x.shape), channels = x.shape[2];
  const whole = (tensor: tf.TensorInfo) => ({ tensor, start: 0, step: 0 });
  decayHeads(backend, [whole(x), whole(y)], { heads: 1, channels, scale, share: "none" });
  return y;
});
