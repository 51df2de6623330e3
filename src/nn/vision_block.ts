/**
 * The transformer block of backbones: normalised before attention and before its feed-forward part.
 * Weights lie as products are fastest, [inputs, outputs]: they are not trained.
 */

import * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../contract/backbone.ts";
import { attention } from "../ops/attention/op.ts";
import { volumeConv } from "../ops/volume_conv/op.ts";
import { layerScope } from "./backbone_scope.ts";
import { layerNorm } from "./layer_norm.ts";
import { transposed } from "./transposed.ts";
import { ONE } from "./volume_unit.ts";

export interface VisionBlockOptions {
  /** What the keys of the parts begin with. */
  keys: Record<"norm1" | "norm2" | "join" | "widen" | "narrow", string>;
  /** Key of the weight of query, key and value, [3 width, width]. */
  qkv: string;
  /** Their bias, [3 width]. */
  qkvBias: tf.Tensor;
  width: number;
  heads: number;
  /** Channels within the feed-forward part. */
  inner: number;
  epsilon: number;
  activation: (x: tf.Tensor) => tf.Tensor;
}

/** x [N, tokens, width] -> the same. */
export function visionBlock(
  scope: WeightScope,
  options: VisionBlockOptions,
): (x: tf.Tensor) => tf.Tensor {
  const { keys, width, heads, inner, epsilon, activation } = options;
  const layers = layerScope(scope);
  const layer = (key: string, inputs: number, outputs: number) =>
    dense(scope, `${key}.weight`, scope.tensor({ [`${key}.bias`]: [outputs] }), inputs, outputs);
  const norm1 = layerNorm(layers, keys.norm1, width, epsilon);
  const project = dense(scope, options.qkv, options.qkvBias, width, 3 * width);
  const join = layer(keys.join, width, width);
  const norm2 = layerNorm(layers, keys.norm2, width, epsilon);
  const widen = layer(keys.widen, width, inner), narrow = layer(keys.narrow, inner, width);
  const scale = (width / heads) ** -0.5;
  return (x) => {
    const attended = tf.tidy(() => {
      const [q, k, v] = tf.split(project(norm1(x)), 3, -1); // [N, tokens, width] each
      const seen = attention(q, k, v, scale, { heads, implementation: scope.attnImpl });
      return tf.add(x, join(seen));
    });
    return tf.add(attended, tf.tidy(() => narrow(activation(widen(norm2(attended))))));
  };
}

/** A dense layer over the key's [outputs, inputs]; x [..., inputs] -> [..., outputs]. */
export function dense(
  scope: WeightScope,
  key: string,
  bias: tf.Tensor,
  inputs: number,
  outputs: number,
): (x: tf.Tensor) => tf.Tensor {
  const weight = scope.tensor(
    { [key]: [outputs, inputs] },
    [inputs, outputs],
    (values) => transposed(values, outputs, inputs),
  );
  return (x) => {
    const rows = x.size / inputs;
    const y = volumeConv(tf.reshape(x, [1, 1, 1, rows, inputs]), weight, bias, {
      ...{ kernel: ONE, stride: ONE, front: [0, 0, 0], out: [1, 1, rows] },
    });
    return tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
  };
}
