/**
 * Linear and temporal convolution layers as PyTorch starts them: weight and bias uniform in
 * +-1/sqrt(fan in).
 */

import * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import type { Activation } from "../ops/activation/op.ts";
import { linear } from "../ops/linear/op.ts";
import type { Dropout } from "../ops/random_values/op.ts";
import { temporalConv } from "../ops/temporal_conv/op.ts";
import { uniformWithin } from "./initialisers.ts";

export interface LayerOptions {
  bias?: boolean;
  activation?: Activation;
}

/** x [..., inputs] -> [..., outputs], with dropout of the output where it is given. */
export type DenseLayer = (x: tf.Tensor, dropout?: Dropout) => tf.Tensor;

/** Parameters `<name>.weight` [outputs, inputs] and `.bias`. */
export function linearLayer(
  scope: Scope,
  name: string,
  inputs: number,
  outputs: number,
  { bias = true, activation = "none" }: LayerOptions = {},
): DenseLayer {
  const start = uniformWithin(1 / Math.sqrt(inputs));
  const weight = scope.parameter(`${name}.weight`, [outputs, inputs], start);
  const offset = bias ? scope.parameter(`${name}.bias`, [outputs], start) : undefined;
  return (x, dropout) => linear(x, weight, offset, activation, dropout);
}

/**
 * Parameters `<name>.weight` [outputs, inputs, taps] and `.bias`; x [R, T, inputs] ->
 * [R, T, outputs].
 */
export function convLayer(
  scope: Scope,
  name: string,
  inputs: number,
  outputs: number,
  taps: number,
  { bias = true, activation = "none", dilation = 1 }: LayerOptions & { dilation?: number } = {},
): (x: tf.Tensor) => tf.Tensor {
  const start = uniformWithin(1 / Math.sqrt(inputs * taps));
  const weight = scope.parameter(`${name}.weight`, [outputs, inputs, taps], start);
  const offset = bias ? scope.parameter(`${name}.bias`, [outputs], start) : undefined;
  return (x) => temporalConv(x, weight, offset, { dilation, activation });
}

/**
 * Parameters `<name>.weight` [outputs, inputs, 1] and `.bias`, a convolution of one tap; x
 * [..., inputs] -> [..., outputs].
 */
export function pointwiseLayer(
  scope: Scope,
  name: string,
  inputs: number,
  outputs: number,
  { bias = true, activation = "none" }: LayerOptions = {},
): (x: tf.Tensor) => tf.Tensor {
  const start = uniformWithin(1 / Math.sqrt(inputs));
  const weight = scope.parameter(`${name}.weight`, [outputs, inputs, 1], start);
  const offset = bias ? scope.parameter(`${name}.bias`, [outputs], start) : undefined;
  return (x) => linear(x, tf.reshape(weight, [outputs, inputs]), offset, activation);
}
