/**
 * Layers of networks over frames, rows and columns: a convolution with the batch norm behind it
 * folded into its weights, and poolings.
 */

import type * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../contract/backbone.ts";
import type { Activation } from "../ops/activation/op.ts";
import { type Volume, volumeConv, type Windows } from "../ops/volume_conv/op.ts";
import { transposed } from "./transposed.ts";

/** Windows over an input of these frames, rows and columns. */
export type WindowsOver = (sizes: Volume) => Windows;

export interface UnitOptions {
  inputs: number;
  outputs: number;
  kernel: Volume;
  /** 1 where absent. */
  stride?: Volume;
  /** Places of zeros on both sides, or a rule of its own; none where absent. */
  pad?: Volume | WindowsOver;
  /**
   * Whether the checkpoint keeps the kernel without its frames: [outputs, inputs, rows, columns].
   */
  flat?: boolean;
  /** Whether there is a `<name>.bias`. */
  bias?: boolean;
  /** A batch norm with running statistics behind the convolution. */
  norm?: { name: string; epsilon: number };
  activation?: Activation;
}

export const ONE: Volume = [1, 1, 1];
const NO_PAD: Volume = [0, 0, 0];

/** Windows with the same padding on both sides, as many as fit. */
export function padded(kernel: Volume, stride: Volume = ONE, pad: Volume = NO_PAD): WindowsOver {
  return (sizes) => {
    const out = sizes.map((size, i) => Math.floor((size + 2 * pad[i] - kernel[i]) / stride[i]) + 1);
    return { kernel, stride, front: pad, out: out as Volume };
  };
}

/** Frames, rows and columns of x [N, T, H, W, C]. */
export function volumeOf(x: tf.Tensor): Volume {
  return x.shape.slice(1, 4) as Volume;
}

/**
 * A convolution under `<name>.weight` [outputs, inputs, ...kernel], its batch norm and activation;
 * x [N, T, H, W, inputs] -> [N, ..., outputs].
 */
export function volumeUnit(
  scope: WeightScope,
  name: string,
  options: UnitOptions,
): (x: tf.Tensor) => tf.Tensor {
  const { inputs, outputs, kernel, stride = ONE, pad = NO_PAD, norm, activation } = options;
  const taps = kernel.reduce((product, size) => product * size, 1);
  const kept = options.flat ? kernel.slice(1) : kernel;
  const kernelKey = { [`${name}.weight`]: [outputs, inputs, ...kept] };
  const biasKey: Record<string, number[]> = options.bias ? { [`${name}.bias`]: [outputs] } : {};
  const ofNorm = (part: string) => ({ [`${norm!.name}.${part}`]: [outputs] });
  const weight = scope.tensor(
    norm ? { ...kernelKey, ...ofNorm("weight"), ...ofNorm("running_var") } : kernelKey,
    [taps * inputs, outputs],
    (values, gamma, variance) =>
      tapsFirst(values, { inputs, outputs, taps }, norm && scales(gamma, variance, norm.epsilon)),
  );
  const bias = norm
    ? scope.tensor(
      {
        ...ofNorm("weight"),
        ...ofNorm("bias"),
        ...ofNorm("running_mean"),
        ...ofNorm("running_var"),
        ...biasKey,
      },
      [outputs],
      (gamma, beta, mean, variance, own) => {
        const factors = scales(gamma, variance, norm.epsilon);
        return beta.map((value, o) => value + ((own?.[o] ?? 0) - mean[o]) * factors[o]);
      },
    )
    : options.bias
    ? scope.tensor(biasKey)
    : undefined;
  const over = typeof pad === "function" ? pad : padded(kernel, stride, pad);
  return (x) => volumeConv(x, weight, bias, over(volumeOf(x)), activation);
}

/** What a batch norm multiplies each channel by, in double precision. */
function scales(gamma: Float32Array, variance: Float32Array, epsilon: number): Float64Array {
  return Float64Array.from(gamma, (value, o) => value / Math.sqrt(variance[o] + epsilon));
}

/** [outputs, inputs, taps] -> [taps, inputs, outputs], each output times its factor. */
function tapsFirst(
  values: Float32Array,
  { inputs, outputs, taps }: { inputs: number; outputs: number; taps: number },
  factors: Float64Array | undefined,
): Float32Array {
  const placeOf = (k: number) => (k % taps) * inputs + Math.floor(k / taps);
  return transposed(values, outputs, inputs * taps, { factors, placeOf });
}
