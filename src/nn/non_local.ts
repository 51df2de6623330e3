/** Dot-product non-local block: every snippet attends to all, divided by T, no softmax. */

import * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../contract/slot.ts";
import { linear } from "../ops/linear/op.ts";
import { batchNorm } from "./batch_norm.ts";
import { xavierUniform, zeros } from "./initialisers.ts";

export interface NonLocalNames {
  value: string;
  query: string;
  key: string;
  /** The way back to all channels, followed by a batch norm. */
  out: string;
  norm: string;
}

export interface NonLocalOptions {
  epsilon: number;
  momentum: number;
  /**
   * Keys always meet values before queries; otherwise where T exceeds C / 2, when that is cheaper.
   */
  keysFirst?: boolean;
}

/**
 * u [R, T, C] -> u + norm(out(query key^T / T value)), [R, T, C]; the inner width is C / 2. The
 * norm's gain starts at 0, so that the block is the identity at first.
 *
 * @param names the official keys of its layers below `name`; each weight [outputs, inputs, 1]
 */
export function nonLocalBlock(
  scope: Scope,
  name: string,
  names: NonLocalNames,
  channels: number,
  { keysFirst = false, ...norm }: NonLocalOptions,
): (u: tf.Tensor, context: Context) => tf.Tensor {
  const inner = channels / 2;
  const pointwise = (part: string, outputs: number, inputs: number) => {
    const weight = scope.parameter(`${name}.${part}.weight`, [outputs, inputs, 1], xavierUniform);
    const bias = scope.parameter(`${name}.${part}.bias`, [outputs], zeros);
    return (x: tf.Tensor) => linear(x, tf.reshape(weight, [outputs, inputs]), bias);
  };
  const value = pointwise(names.value, inner, channels);
  const query = pointwise(names.query, inner, channels);
  const key = pointwise(names.key, inner, channels);
  const out = pointwise(names.out, channels, inner);
  const normalise = batchNorm(scope, `${name}.${names.norm}`, channels, { ...norm, gain: zeros });
  return (u, context) => {
    const T = u.shape[1]!;
    // Without a softmax between them the products may be taken in either order; one is linear in T.
    const y = keysFirst || T > inner
      ? tf.matMul(query(u), tf.div(tf.matMul(key(u), value(u), true), T)) // by way of [R, C/2, C/2]
      // by way of [R, T, T]
      : tf.matMul(tf.div(tf.matMul(query(u), key(u), false, true), T), value(u));
    return tf.add(u, normalise(out(y), context)); // [R, T, C]
  };
}
