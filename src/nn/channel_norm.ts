/**
 * Channel norm with its parameters `<name>.g` and `<name>.b`, both [1, C, 1] (channels first, as
 * stored).
 */

import * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../contract/slot.ts";
import { channelDeviation, channelNorm as normalise } from "../ops/channel_norm/op.ts";
import { ones, zeros } from "./initialisers.ts";

/** x [..., C] -> [..., C]. */
export function channelNorm(
  scope: Scope,
  name: string,
  channels: number,
): (x: tf.Tensor, context: Context) => tf.Tensor {
  const gamma = scope.parameter(`${name}.g`, [1, channels, 1], ones);
  const beta = scope.parameter(`${name}.b`, [1, channels, 1], zeros);
  const guard = scope.guardSqrt;
  return (x, { zeroAt }) => {
    zeroAt?.(
      `channel norm "${name}" took the root of a variance of 0, of snippets whose channels are all equal`,
      () => channelDeviation(x),
    );
    return normalise(x, tf.reshape(gamma, [channels]), tf.reshape(beta, [channels]), { guard });
  };
}
