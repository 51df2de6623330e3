/**
 * A transformer block that normalises before attention and before its feed-forward part, as
 * GS-MoE's experts.
 */

import * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../contract/slot.ts";
import { attention } from "../ops/attention/op.ts";
import { xavierLayer } from "./dense_chain.ts";
import { dropoutOf } from "./dropout.ts";
import { layerNorm } from "./layer_norm.ts";

export interface BlockOptions {
  /** Divides the channels. */
  heads: number;
  /** Width of the feed-forward part. */
  inner: number;
  /** Probability of dropout of the attention weights and of the attention's output. */
  dropout: number;
}

/**
 * Parameters `<name>.norm1`, `.attn.qkv`, `.attn.proj`, `.norm2`, `.ffn.0`, `.ffn.2`; x [R, T, C]
 * -> [R, T, C].
 */
export function preNormBlock(
  scope: Scope,
  name: string,
  channels: number,
  options: BlockOptions,
): (x: tf.Tensor, context: Context) => tf.Tensor {
  const norm1 = layerNorm(scope, `${name}.norm1`, channels);
  const attend = selfAttention(scope, `${name}.attn`, channels, options);
  const norm2 = layerNorm(scope, `${name}.norm2`, channels);
  const widen = xavierLayer(scope, `${name}.ffn.0`, channels, options.inner, {
    activation: "relu",
  });
  const narrow = xavierLayer(scope, `${name}.ffn.2`, options.inner, channels);
  return (x, context) => {
    const attended = tf.add(x, attend(norm1(x), context));
    return tf.add(attended, narrow(widen(norm2(attended))));
  };
}

function selfAttention(
  scope: Scope,
  name: string,
  channels: number,
  { heads, dropout }: BlockOptions,
): (x: tf.Tensor, context: Context) => tf.Tensor {
  const project = xavierLayer(scope, `${name}.qkv`, channels, 3 * channels);
  const join = xavierLayer(scope, `${name}.proj`, channels, channels);
  const streams = { weights: scope.stream(`${name}.weights`), out: scope.stream(`${name}.out`) };
  const scale = (channels / heads) ** -0.5;
  return (x, context) => {
    const [q, k, v] = tf.split(project(x), 3, 2); // [R, T, C]
    const seen = attention(q, k, v, scale, {
      heads,
      implementation: scope.attnImpl,
      dropout: dropoutOf(context, dropout, streams.weights),
    });
    return join(seen, dropoutOf(context, dropout, streams.out));
  };
}
