/** Random numbers of one training step on the device, for dropout masks and noise. */

import * as tf from "@tensorflow/tfjs";
import { dropout, uniform } from "../ops/random_values.ts";
import { splitSeed } from "../random.ts";

/** Seed and step in a device tensor, so that a recorded step stays random when it is replayed. */
export class RandomStream {
  readonly #state: tf.Variable;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    const start = this.#stateOf(0);
    this.#state = tf.variable(start, false, undefined, "int32");
    start.dispose();
  }

  #stateOf(step: number): tf.Tensor1D {
    const [low, high] = splitSeed(this.#seed);
    return tf.tensor1d(Int32Array.of(low, high, step, 0), "int32");
  }

  /** All draws from here on belong to this step. */
  set step(step: number) {
    const state = this.#stateOf(step);
    this.#state.assign(state);
    state.dispose();
  }

  /** [...shape] in [0, 1). */
  uniform(shape: number[], stream: number): tf.Tensor {
    return uniform(this.#state, shape, stream);
  }

  dropout(x: tf.Tensor, rate: number, stream: number): tf.Tensor {
    return dropout(x, this.#state, rate, stream);
  }

  dispose(): void {
    this.#state.dispose();
  }
}
