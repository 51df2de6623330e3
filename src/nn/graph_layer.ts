/** A graph convolution layer: products over neighbours, and a residual path past them. */

import * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import { xavierUniform } from "./initialisers.ts";
import { convLayer } from "./torch_layers.ts";

/** Sums a [R, T, outputs] over the neighbours of each snippet, and adds the residual. */
export type Neighbours = (x: tf.Tensor, residual: tf.Tensor) => tf.Tensor;

/** Taps of the convolution that carries the input past a layer whose sizes differ; official. */
const RESIDUAL_TAPS = 5;

/**
 * G (x W) + res(x): parameters `<name>.weight` [inputs, outputs], without bias, and where the sizes
 * differ `<name>.residual.weight` and `.bias`; else the residual is x itself.
 */
export function graphLayer(
  scope: Scope,
  name: string,
  inputs: number,
  outputs: number,
): (x: tf.Tensor, neighbours: Neighbours) => tf.Tensor {
  const weight = scope.parameter(`${name}.weight`, [inputs, outputs], xavierUniform);
  const residual = inputs === outputs
    ? (x: tf.Tensor) => x
    : convLayer(scope, `${name}.residual`, inputs, outputs, RESIDUAL_TAPS);
  return (x, neighbours) => {
    const [R, T] = x.shape; // [R, T, inputs]
    const projected = tf.matMul(tf.reshape(x, [R * T!, inputs]), weight as tf.Tensor2D);
    return neighbours(tf.reshape(projected, [R, T!, outputs]), residual(x));
  };
}
