/** Channel norm with its parameters `<name>.g` and `<name>.b`, both [1, C, 1] (channels first, as stored). */

import * as tf from "@tensorflow/tfjs";
import type { Scope } from "../model/slot.ts";
import { channelNorm as normalise } from "../ops/channel_norm.ts";
import { ones, zeros } from "./initialisers.ts";

/** x [..., C] -> [..., C]. */
export function channelNorm(
  scope: Scope,
  name: string,
  channels: number,
): (x: tf.Tensor) => tf.Tensor {
  const gamma = scope.parameter(`${name}.g`, [1, channels, 1], ones);
  const beta = scope.parameter(`${name}.b`, [1, channels, 1], zeros);
  const guard = scope.guardSqrt;
  return (x) =>
    normalise(x, tf.reshape(gamma, [channels]), tf.reshape(beta, [channels]), { guard });
}
