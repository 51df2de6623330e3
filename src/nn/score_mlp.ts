/** The three dense layers that turn snippet features into scores, shared by several heads. */

import type * as tf from "@tensorflow/tfjs";
import type { Context, Initialiser, Scope } from "../contract/slot.ts";
import type { Activation } from "../ops/activation/op.ts";
import { linear } from "../ops/linear/op.ts";
import { dropoutOf } from "./dropout.ts";
import { zeros } from "./initialisers.ts";

export interface ScoreMlpOptions {
  inputs: number;
  /** Widths of the hidden layers. */
  hidden: number[];
  /** One for each hidden layer. */
  activations: Activation[];
  /** Probability of dropout after each hidden layer. */
  dropout: number;
  initialiser: Initialiser;
  /**
   * Official keys `<prefix>.0`, `.3`, `.6`, ... (activation and dropout between) in place of `fc1`,
   * `fc2`, ...
   */
  prefix?: string;
}

/**
 * Layers `fc1`, `fc2`, ... [out, in] with biases, the last one to a single sigmoid score.
 *
 * @returns x [..., inputs] -> the hidden layers after their activation, in training dropped, and
 *     scores [..., 1]
 */
export function scoreMlp(
  scope: Scope,
  { inputs, hidden, activations, dropout, initialiser, prefix }: ScoreMlpOptions,
): (x: tf.Tensor, context: Context) => { hidden: tf.Tensor[]; scores: tf.Tensor } {
  const widths = [inputs, ...hidden, 1];
  const layers = widths.slice(1).map((width, i) => {
    const key = prefix === undefined ? `fc${i + 1}` : `${prefix}.${3 * i}`;
    return {
      weight: scope.parameter(`${key}.weight`, [width, widths[i]], initialiser),
      bias: scope.parameter(`${key}.bias`, [width], zeros),
      stream: scope.stream(prefix === undefined ? `dropout_${i + 1}` : `dropout_${key}`),
    };
  });
  const last = layers.pop()!;
  return (x, context) => {
    const outputs: tf.Tensor[] = [];
    let current = x;
    layers.forEach(({ weight, bias, stream }, i) => {
      const drop = dropoutOf(context, dropout, stream);
      current = linear(current, weight, bias, activations[i], drop); // [..., hidden[i]]
      outputs.push(current);
    });
    return { hidden: outputs, scores: linear(current, last.weight, last.bias, "sigmoid") };
  };
}
