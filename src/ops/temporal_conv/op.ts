/** Convolution over time with zero padding that keeps T, as shifted matrix products. */

import * as tf from "@tensorflow/tfjs";
import { activate, type Activation, activationGradient, withoutOutput } from "../activation/op.ts";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

export interface ConvAttributes {
  dilation: number;
  activation: Activation;
}

/** x [R, T, C] moved so that row t holds x[t + shift], zeros outside. */
function shifted(x: tf.Tensor, shift: number): tf.Tensor {
  const [R, T, C] = x.shape;
  if (shift === 0) return x;
  if (Math.abs(shift) >= T) return tf.zerosLike(x);
  const kept = tf.slice(x, [0, Math.max(0, shift), 0], [R, T - Math.abs(shift), C]);
  return tf.pad(kept, [[0, 0], [Math.max(0, -shift), Math.max(0, shift)], [0, 0]]);
}

/** weight [O, C, K] -> its tap [O, C]. */
function tap(weight: tf.Tensor, k: number): tf.Tensor2D {
  const [O, C] = weight.shape;
  return tf.reshape(tf.slice(weight, [0, 0, k], [O, C, 1]), [O, C]);
}

function rows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape.at(-1)!]);
}

export function shiftOf(k: number, taps: number, dilation: number): number {
  return (k - (taps - 1) / 2) * dilation;
}

function sumOf(tensors: tf.Tensor[]): tf.Tensor {
  return tensors.reduce((sum, tensor) => tf.add(sum, tensor));
}

// x [R, T, C], weight [O, C, K], bias [O]? -> [R, T, O]. attributes { dilation, activation }
defineKernel({
  name: "WsvadTemporalConv",
  composed: ({ x, weight, bias }, attributes) => {
    const { dilation, activation } = attributes as ConvAttributes;
    const [R, T] = x.shape;
    const [O, , K] = weight.shape;
    const products = Array.from(
      { length: K! },
      (_, k) => tf.matMul(rows(shifted(x, shiftOf(k, K!, dilation))), tap(weight, k), false, true),
    ); // [R T, O]
    const y = sumOf(products);
    return tf.reshape(activate(bias ? tf.add(y, bias) : y, activation), [R, T!, O]);
  },
  gradient: {
    inputsToSave: ["x", "weight"],
    outputsToSave: [true],
    gradFunc: (dy, [x, weight, y], attributes) => {
      const { dilation, activation } = attributes as unknown as ConvAttributes;
      const dz = activationGradient(dy as tf.Tensor, y, activation); // [R, T, O]
      const kernelSize = weight.shape[2];
      return {
        x: () => runKernel("WsvadTemporalConvGradInput", { dz, weight }, { dilation }),
        weight: () => runKernel("WsvadTemporalConvGradWeight", { x, dz }, { dilation, kernelSize }),
        bias: () => columnSum(rows(dz)),
      };
    },
  },
  shapeOnly: withoutOutput,
});

// dz [R, T, O], weight [O, C, K] -> dx [R, T, C]. attributes { dilation }
defineKernel({
  name: "WsvadTemporalConvGradInput",
  composed: ({ dz, weight }, { dilation }) => {
    const [R, T] = dz.shape;
    const [, C, K] = weight.shape;
    const products = Array.from(
      { length: K! },
      (_, k) => tf.matMul(rows(shifted(dz, -shiftOf(k, K!, dilation))), tap(weight, k)),
    ); // [R T, C]
    return tf.reshape(sumOf(products), [R, T!, C!]);
  },
});

// x [R, T, C], dz [R, T, O] -> dweight [O, C, K]. attributes { dilation, kernelSize }
defineKernel({
  name: "WsvadTemporalConvGradWeight",
  composed: ({ x, dz }, { dilation, kernelSize }) => {
    const taps = Array.from(
      { length: kernelSize },
      (_, k) => tf.matMul(rows(dz), rows(shifted(x, shiftOf(k, kernelSize, dilation))), true),
    ); // [O, C]
    return tf.stack(taps, 2);
  },
});

/**
 * y[r, t] = activation(sum over k of weight[:, :, k] x[r, t + (k - (K-1)/2) dilation] + bias).
 *
 * @param x [R, T, C] f32, any T >= 1
 * @param weight [O, C, K], K odd, PyTorch's order
 * @param bias [O]
 * @returns [R, T, O]
 */
export function temporalConv(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  { dilation = 1, activation = "none" }: Partial<ConvAttributes> = {},
): tf.Tensor {
  return runKernel("WsvadTemporalConv", { x, weight, bias }, { dilation, activation });
}
