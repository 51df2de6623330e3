/** Dropout in the layers of a model: in training alone. */

import type * as tf from "@tensorflow/tfjs";
import type { Context } from "../contract/slot.ts";
import type { Dropout } from "../ops/random_values/op.ts";

/** For a layer that drops its own output; undefined where nothing is dropped. */
export function dropoutOf(
  { mode, random }: Context,
  rate: number,
  stream: number,
): Dropout | undefined {
  return mode === "train" && rate > 0 ? { rate, state: random.state, stream } : undefined;
}

/** x of any shape, dropped. */
export function dropped(x: tf.Tensor, rate: number, stream: number, context: Context): tf.Tensor {
  return context.mode === "train" ? context.random.dropout(x, rate, stream) : x;
}
