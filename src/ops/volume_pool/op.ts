/**
 * The largest or the mean of what windows of frames, rows and columns see. For networks whose
 * weights stay: it has no gradient.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";
import { fitted, type Volume, type Windows } from "../volume_conv/op.ts";

export type Pooling = "max" | "mean";

export interface VolumePoolAttributes extends Windows {
  pooling: Pooling;
}

// x [N, T, H, W, C] -> [N, ...out, C]. attributes { kernel, stride, front, out, pooling }
defineKernel({
  name: "WsvadVolumePool",
  composed: ({ x }, attributes) => {
    const { pooling, ...windows } = attributes as VolumePoolAttributes;
    const { kernel, stride } = windows;
    if (pooling === "max") {
      return tf.maxPool3d(fitted(x, windows, -Infinity), kernel, stride, "valid");
    }
    const meanOf = (x: tf.Tensor) => tf.avgPool3d(fitted(x, windows, 0), kernel, stride, "valid");
    return tf.div(meanOf(x), meanOf(tf.onesLike(x))); // places outside do not count
  },
});

/**
 * x [N, T, H, W, C] -> [N, ...out, C]; places outside of x count as nothing. A window that sees
 * none gives -Infinity, or NaN for a mean.
 */
export function volumePool(x: tf.Tensor, pooling: Pooling, windows: Windows): tf.Tensor {
  return runKernel("WsvadVolumePool", { x }, { ...windows, pooling });
}

/** Windows without padding, as many as fit. */
export function fittingWindows(x: { shape: number[] }, kernel: Volume, stride: Volume): Windows {
  const out = kernel.map((size, i) => Math.floor((x.shape[i + 1]! - size) / stride[i]) + 1);
  return { kernel, stride, front: [0, 0, 0], out: out as Volume };
}
