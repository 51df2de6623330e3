/** CLIP's feed-forward part with its parameters `<name>.c_fc` and `<name>.c_proj`. */

import type * as tf from "@tensorflow/tfjs";
import type { Initialiser, Scope } from "../contract/slot.ts";
import { quickGeluMlp as feedForward } from "../ops/quick_gelu_mlp/op.ts";
import { uniformWithin } from "./initialisers.ts";

/**
 * x [..., channels] -> [..., channels], `inner` wide between; weights and biases start as PyTorch's
 * where nothing is said.
 */
export function quickGeluMlp(
  scope: Scope,
  name: string,
  channels: number,
  inner: number,
  initial?: { weight: Initialiser; bias: Initialiser },
): (x: tf.Tensor) => tf.Tensor {
  const layer = (key: string, inputs: number, outputs: number) => {
    const start = uniformWithin(1 / Math.sqrt(inputs));
    const { weight, bias } = initial ?? { weight: start, bias: start };
    return [
      scope.parameter(`${name}.${key}.weight`, [outputs, inputs], weight),
      scope.parameter(`${name}.${key}.bias`, [outputs], bias),
    ];
  };
  const [wide, wideBias] = layer("c_fc", channels, inner);
  const [narrow, narrowBias] = layer("c_proj", inner, channels);
  return (x) => feedForward(x, { wide, wideBias, narrow, narrowBias });
}
