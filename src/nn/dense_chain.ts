/** Dense layers started as Xavier's, and a chain of them that ends in a score. */

import type * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import type { Activation } from "../ops/activation/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { linear } from "../ops/linear/op.ts";
import { xavierUniform, zeros } from "./initialisers.ts";
import type { DenseLayer } from "./torch_layers.ts";

/** Parameters `<name>.weight` [outputs, inputs], Xavier uniform, and `.bias`, 0. */
export function xavierLayer(
  scope: Scope,
  name: string,
  inputs: number,
  outputs: number,
  { bias = true, activation = "none" }: { bias?: boolean; activation?: Activation } = {},
): DenseLayer {
  const weight = scope.parameter(`${name}.weight`, [outputs, inputs], xavierUniform);
  const offset = bias ? scope.parameter(`${name}.bias`, [outputs], zeros) : undefined;
  return (x, dropout) => linear(x, weight, offset, activation, dropout);
}

/**
 * Layers `<name>.0`, `.2`, `.4`, ... with a GELU between, the last one to a single score.
 *
 * @param widths of the input and of the hidden layers
 * @param activation of the score; `none` leaves it as it is before the sigmoid
 * @returns x [..., widths[0]] -> [..., 1]
 */
export function scoreChain(
  scope: Scope,
  name: string,
  widths: number[],
  activation: "sigmoid" | "none" = "sigmoid",
): (x: tf.Tensor) => tf.Tensor {
  const layers = widths.slice(1).map((width, i) =>
    xavierLayer(scope, `${name}.${2 * i}`, widths[i], width)
  );
  const last = xavierLayer(scope, `${name}.${2 * layers.length}`, widths.at(-1)!, 1, {
    activation,
  });
  return (x) => last(layers.reduce((hidden, layer) => gelu(layer(hidden)), x));
}
