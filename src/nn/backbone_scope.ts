/** Layers of trained models as parts of a backbone: their parameters are weights that stay. */

import type * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../contract/backbone.ts";
import type { Scope } from "../contract/slot.ts";

/** A scope for layers of src/nn whose parameters a backbone reads under the same keys. */
export function layerScope(weights: WeightScope): Scope {
  const fixed: Scope["parameter"] = (name, shape) =>
    weights.tensor({ [name]: shape }) as tf.Variable;
  return {
    parameter: fixed,
    buffer: fixed,
    frozen: fixed,
    apart: () => {
      throw new TypeError("Backbones keep no values in files of their own");
    },
    unused: () => {},
    guardSqrt: false,
    attnImpl: weights.attnImpl,
    stream(name) {
      throw new Error(`A backbone draws no random numbers, and "${name}" asks for some`);
    },
  };
}
