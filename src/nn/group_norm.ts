/** Group normalisation with its parameters `<name>.weight` and `<name>.bias`, both [C]. */

import type * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import { groupNorm as normalise, type GroupNormOptions } from "../ops/group_norm/op.ts";
import { ones, zeros } from "./initialisers.ts";

/** x [R, T, C] -> [R, T, C], statistics over all of T. */
export function groupNorm(
  scope: Scope,
  name: string,
  channels: number,
  options: GroupNormOptions,
): (x: tf.Tensor) => tf.Tensor {
  const gamma = scope.parameter(`${name}.weight`, [channels], ones);
  const beta = scope.parameter(`${name}.bias`, [channels], zeros);
  return (x) => normalise(x, gamma, beta, options);
}
