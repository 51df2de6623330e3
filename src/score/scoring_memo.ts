/** What stays the same from video to video while a model scores: the text of a text branch. */

import * as tf from "@tensorflow/tfjs";
import type { Memo } from "../contract/slot.ts";
import type { Recorder } from "../device/recorder.ts";

/**
 * Serves videos that are scored with the same weights; after a change of these, {@link renew} or
 * {@link clear} it.
 */
export class ScoringMemo implements Memo {
  readonly #kept = new Map<string, { value: tf.Tensor; make: () => tf.Tensor }>();

  of(name: string, make: () => tf.Tensor): tf.Tensor {
    const known = this.#kept.get(name);
    if (known) return known.value;
    const value = tf.keep(tf.tidy(make));
    this.#kept.set(name, { value, make });
    return value;
  }

  /** Makes all values again, each in its own memory, where recordings read it. */
  renew(recorder: Recorder): void {
    for (const { value, make } of this.#kept.values()) {
      const now = tf.tidy(make);
      recorder.copyInto(now, value);
      now.dispose();
    }
  }

  clear(): void {
    for (const { value } of this.#kept.values()) value.dispose();
    this.#kept.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
