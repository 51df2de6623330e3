/**
 * Convolution over frames, rows and columns as a matrix product with the windows of its input,
 * which are never written out as a whole. For networks whose weights stay: it has no gradient.
 */

import * as tf from "@tensorflow/tfjs";
import { activate, type Activation } from "../activation/op.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** Frames, rows, columns. */
export type Volume = [number, number, number];

/** Which places of the input an output sees; places outside of it count as nothing. */
export interface Windows {
  kernel: Volume;
  stride: Volume;
  /** Places before the first frame, row and column at which windows begin. */
  front: Volume;
  /** Windows along each axis; the last may reach beyond the end. */
  out: Volume;
}

export interface VolumeConvAttributes extends Windows {
  activation: Activation;
}

/** Padding behind the end that the last windows reach; negative where they leave places unread. */
function padBehind({ kernel, stride, front, out }: Windows, sizes: number[]): number[] {
  return sizes.map((size, i) => (out[i] - 1) * stride[i] + kernel[i] - size - front[i]);
}

/** Whether an output sees its own place alone, so that x is the matrix of windows. */
export function isPlain({ kernel, stride, front, out }: Windows, [, ...sizes]: number[]): boolean {
  return [0, 1, 2].every((i) =>
    kernel[i] === 1 && stride[i] === 1 && front[i] === 0 && out[i] === sizes[i]
  );
}

/** x [N, T, H, W, C] so that windows fill it exactly, with `value` where there is nothing. */
export function fitted(x: tf.Tensor, windows: Windows, value: number): tf.Tensor5D {
  const sizes = x.shape.slice(1, 4), behind = padBehind(windows, sizes);
  const kept = sizes.map((size, i) => size + Math.min(0, behind[i]));
  const cut = tf.slice(x, [0, 0, 0, 0, 0], [x.shape[0], ...kept, x.shape[4]!]);
  const pads = windows.front.map((front, i): [number, number] => [front, Math.max(0, behind[i])]);
  if (pads.flat().every((pad) => pad === 0)) return cut as tf.Tensor5D;
  return tf.pad(cut as tf.Tensor5D, [[0, 0], ...pads, [0, 0]], value);
}

// x [N, T, H, W, C], weight [taps C, O], bias [O]? -> [N, ...out, O].
// attributes { kernel, stride, front, out, activation }
defineKernel({
  name: "WsvadVolumeConv",
  composed: ({ x, weight, bias }, attributes) => {
    const { activation, ...windows } = attributes as VolumeConvAttributes;
    const filter = tf.reshape(weight, [...windows.kernel, x.shape[4]!, weight.shape[1]!]);
    const y = tf.conv3d(
      fitted(x, windows, 0),
      filter as tf.Tensor5D,
      windows.stride,
      "valid",
    );
    return activate(bias ? tf.add(y, bias) : y, activation);
  },
});

/**
 * y = activation(sum over the window of x weight + bias).
 *
 * @param x [N, T, H, W, C] f32
 * @param weight [taps C, O]: taps by frame, row and column, then channels
 * @param bias [O]
 * @returns [N, ...out, O]
 * @throws {TypeError} a weight of other taps or channels
 */
export function volumeConv(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  windows: Windows,
  activation: Activation = "none",
): tf.Tensor {
  const taps = windows.kernel.reduce((product, size) => product * size, 1);
  if (weight.shape[0] !== taps * x.shape[4]!) {
    throw new TypeError(
      `Cannot convolve x [${x.shape}] with a weight [${weight.shape}] of ${taps} taps`,
    );
  }
  return runKernel("WsvadVolumeConv", { x, weight, bias }, { ...windows, activation });
}
