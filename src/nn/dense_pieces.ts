/** Dense layers whose weight is larger than what some adapters take in one piece. */

import * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../contract/backbone.ts";
import type { Activation } from "../ops/activation/op.ts";
import { linear } from "../ops/linear/op.ts";

/** Numbers of a tensor of 128 MiB: the least that a storage buffer may be limited to. */
export const LARGEST_PIECE = 2 ** 25;

/**
 * A dense layer under `<name>.weight` [outputs, inputs] and `<name>.bias`; x [..., inputs] -> [...,
 * outputs]. The weight lies in pieces of whole rows.
 *
 * @param order what becomes of a row's inputs before they are used
 */
export function denseInPieces(
  scope: WeightScope,
  name: string,
  { inputs, outputs, activation = "none", order = (values) => values, most = LARGEST_PIECE }: {
    inputs: number;
    outputs: number;
    activation?: Activation;
    order?: (rows: Float32Array) => Float32Array;
    /** Numbers of a piece at most. */
    most?: number;
  },
): (x: tf.Tensor) => tf.Tensor {
  const rows = Math.max(1, Math.min(outputs, Math.floor(most / inputs)));
  const pieces = Array.from({ length: Math.ceil(outputs / rows) }, (_, i) => {
    const first = i * rows, last = Math.min(outputs, first + rows);
    const weight = scope.tensor(
      { [`${name}.weight`]: [outputs, inputs] },
      [last - first, inputs],
      (values) => order(values.subarray(first * inputs, last * inputs)),
    );
    const bias = scope.tensor(
      { [`${name}.bias`]: [outputs] },
      [last - first],
      (values) => values.subarray(first, last),
    );
    return { weight, bias };
  });
  return (x) => {
    const parts = pieces.map(({ weight, bias }) => linear(x, weight, bias, activation));
    return parts.length === 1 ? parts[0] : tf.concat(parts, -1);
  };
}
