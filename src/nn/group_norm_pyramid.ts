/** Pyramid of dilated convolutions with group norms beside a non-local block: S3R's "Aggregate". */

import * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../contract/slot.ts";
import { linear } from "../ops/linear/op.ts";
import { temporalConv } from "../ops/temporal_conv/op.ts";
import { groupNorm } from "./group_norm.ts";
import { xavierUniform, zeros } from "./initialisers.ts";
import { nonLocalBlock } from "./non_local.ts";

/** Official keys of the non-local block. */
const KEYS = { value: "value", query: "query", key: "key", out: "alter.0", norm: "alter.1" };

export interface PyramidOptions {
  /** The branches have channels / reduction channels each. */
  reduction: number;
  groups: number;
  groupNormEpsilon: number;
  batchNorm: { epsilon: number; momentum: number };
}

/** Outputs of the block for x [R, T, C]. */
export type Pyramid = {
  /** The three dilated branches, each [R, T, C / reduction]. */
  scales: tf.Tensor[];
  /** [R, T, C / reduction], the input of the non-local block added. */
  nonLocal: tf.Tensor;
  /** [R, T, C], x added. */
  output: tf.Tensor;
};

/**
 * Parameters below `<name>`: conv_1 to conv_5 and non_local, as in
 * louisYen/S3R:models/aggregate.py.
 */
export function groupNormPyramid(
  scope: Scope,
  name: string,
  channels: number,
  { reduction, groups, groupNormEpsilon: epsilon, batchNorm }: PyramidOptions,
): (x: tf.Tensor, context: Context) => Pyramid {
  const width = channels / reduction;
  const norm = { groups, epsilon, activation: "relu" } as const;
  const scales = [1, 2, 4].map((dilation, i) => {
    const key = `${name}.conv_${i + 1}`;
    const weight = scope.parameter(`${key}.0.weight`, [width, channels, 3], xavierUniform);
    const bias = scope.parameter(`${key}.0.bias`, [width], zeros);
    const normalise = groupNorm(scope, `${key}.1`, width, norm);
    return (x: tf.Tensor) => normalise(temporalConv(x, weight, bias, { dilation }));
  });
  const conv4 = scope.parameter(`${name}.conv_4.0.weight`, [width, channels, 1], xavierUniform);
  const nonLocal = nonLocalBlock(scope, `${name}.non_local`, KEYS, width, batchNorm);
  const joined = 4 * width;
  const conv5 = scope.parameter(`${name}.conv_5.0.weight`, [channels, joined, 3], xavierUniform);
  const normalise5 = groupNorm(scope, `${name}.conv_5.1`, channels, norm);

  return (x, context) => {
    const branches = scales.map((scale) => tf.tidy(() => scale(x))); // [R, T, C/4]
    const g = linear(x, tf.reshape(conv4, [width, channels]), undefined, "relu"); // [R, T, C/4]
    const global = nonLocal(g, context); // [R, T, C/4]
    const pyramid = tf.concat([...branches, global], 2); // [R, T, C]
    const fused = tf.tidy(() => normalise5(temporalConv(pyramid, conv5, undefined))); // [R, T, C]
    return { scales: branches, nonLocal: global, output: tf.add(fused, x) };
  };
}
