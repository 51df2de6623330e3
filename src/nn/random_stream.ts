/** Random numbers of one training step on the device, for dropout masks and noise. */

import * as tf from "@tensorflow/tfjs";
import type { RandomDraws } from "../contract/slot.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { dropout, normal, uniform } from "../ops/random_values/op.ts";
import { splitSeed } from "../random.ts";

/** Seed and step in a device tensor, so that a recorded step stays random when it is replayed. */
export class RandomStream implements RandomDraws {
  readonly #state: tf.Variable;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    const start = tf.tensor1d(this.#stateOf(0), "int32");
    this.#state = tf.variable(start, false, undefined, "int32");
    start.dispose();
  }

  #stateOf(step: number): Int32Array {
    const [low, high] = splitSeed(this.#seed);
    return Int32Array.of(low, high, step, 0);
  }

  /** All draws from here on belong to this step. */
  set step(step: number) {
    overwrite(this.#state, this.#stateOf(step));
  }

  get state(): tf.Tensor {
    return this.#state;
  }

  uniform(shape: number[], stream: number): tf.Tensor {
    return uniform(this.#state, shape, stream);
  }

  normal(shape: number[], stream: number): tf.Tensor {
    return normal(this.#state, shape, stream);
  }

  dropout(x: tf.Tensor, rate: number, stream: number): tf.Tensor {
    return dropout(x, { rate, state: this.#state, stream });
  }

  dispose(): void {
    this.#state.dispose();
  }
}
