/**
 * Pyramid of dilated convolutions beside a non-local block: RTFM's "Aggregate", which CLIP-TSA
 * keeps.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import type { Context, Scope } from "../contract/slot.ts";
import { linear } from "../ops/linear/op.ts";
import { temporalConv } from "../ops/temporal_conv/op.ts";
import { batchNorm } from "./batch_norm.ts";
import { xavierUniform, zeros } from "./initialisers.ts";
import { nonLocalBlock } from "./non_local.ts";

/** Official keys of the non-local block. */
const KEYS = { value: "g", query: "theta", key: "phi", out: "W.0", norm: "W.1" };

export interface BatchNormPyramidOptions {
  /** Of the three pyramid convolutions, in snippets. */
  dilations: number[];
  batchNorm: { epsilon: number; momentum: number };
  /** As in the non-local block. */
  keysFirst?: boolean;
  /** The encoder that asks, for messages. */
  encoder: string;
}

/** Outputs of the block for x [R, T, C]. */
export interface BatchNormPyramid {
  /** The three dilated branches, each [R, T, C / 4]. */
  scales: tf.Tensor[];
  /** [R, T, C / 4], the input of the non-local block added. */
  nonLocal: tf.Tensor;
  /** [R, T, C], x added. */
  output: tf.Tensor;
}

/**
 * Parameters `Aggregate.conv_1` to `conv_5` and `Aggregate.non_local`, as in
 * tianyu0207/RTFM:model.py.
 *
 * @throws {RangeError} a fault: channels that 8 does not divide
 */
export function batchNormPyramid(
  scope: Scope,
  channels: number,
  { dilations, batchNorm: norm, keysFirst, encoder }: BatchNormPyramidOptions,
): (x: tf.Tensor, context: Context) => BatchNormPyramid {
  if (channels % 8) {
    throw fault(
      RangeError,
      `encoder "${encoder}" needs a feature size divisible by 8, found ${channels}; set runner.features.dim`,
    );
  }
  const width = channels / 4;
  const scales = dilations.map((dilation, i) => {
    const name = `Aggregate.conv_${i + 1}`;
    const weight = scope.parameter(`${name}.0.weight`, [width, channels, 3], xavierUniform);
    const bias = scope.parameter(`${name}.0.bias`, [width], zeros);
    const normalise = batchNorm(scope, `${name}.2`, width, norm);
    return (x: tf.Tensor, context: Context) =>
      normalise(temporalConv(x, weight, bias, { dilation, activation: "relu" }), context);
  });
  const conv4 = scope.parameter("Aggregate.conv_4.0.weight", [width, channels, 1], xavierUniform);
  const conv5 = scope.parameter(
    "Aggregate.conv_5.0.weight",
    [channels, channels, 3],
    xavierUniform,
  );
  const normalise5 = batchNorm(scope, "Aggregate.conv_5.2", channels, norm);
  const nonLocal = nonLocalBlock(scope, "Aggregate.non_local", KEYS, width, { ...norm, keysFirst });

  return (x, context) => {
    const branches = scales.map((scale) => scale(x, context)); // [R, T, C/4]
    const u = linear(x, tf.reshape(conv4, [width, channels]), undefined, "relu"); // [R, T, C/4]
    const global = nonLocal(u, context); // [R, T, C/4]
    const pyramid = tf.concat([...branches, global], 2); // [R, T, C]
    const fused = normalise5(
      temporalConv(pyramid, conv5, undefined, { activation: "relu" }),
      context,
    );
    return { scales: branches, nonLocal: global, output: tf.add(fused, x) };
  };
}
