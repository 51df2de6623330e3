/** What stays the same from video to video while a model scores: the text of a text branch. */

import * as tf from "@tensorflow/tfjs";
import type { Memo } from "../contract/slot.ts";

/** Serves one pass over videos: the weights must not change before it is disposed. */
export class ScoringMemo implements Memo {
  readonly #kept = new Map<string, tf.Tensor>();

  of(name: string, make: () => tf.Tensor): tf.Tensor {
    let value = this.#kept.get(name);
    if (value === undefined) {
      value = tf.keep(tf.tidy(make));
      this.#kept.set(name, value);
    }
    return value;
  }

  [Symbol.dispose](): void {
    tf.dispose([...this.#kept.values()]);
    this.#kept.clear();
  }
}
