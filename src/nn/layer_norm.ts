/** Layer normalisation with its parameters `<name>.weight` and `<name>.bias`, both [C]. */

import type * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import { layerNorm as normalise } from "../ops/layer_norm/op.ts";
import { ones, zeros } from "./initialisers.ts";

/** x [..., C] -> [..., C]. */
export function layerNorm(
  scope: Scope,
  name: string,
  channels: number,
  epsilon = 1e-5,
): (x: tf.Tensor) => tf.Tensor {
  const gamma = scope.parameter(`${name}.weight`, [channels], ones);
  const beta = scope.parameter(`${name}.bias`, [channels], zeros);
  return (x) => normalise(x, gamma, beta, epsilon);
}
