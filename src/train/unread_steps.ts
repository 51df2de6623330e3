/**
 * Where the steps that the watch has not read began: one of them that came to nothing finite is
 * looked at once more, to see what met 0.
 */

import * as tf from "@tensorflow/tfjs";
import type { BatchLoader, LoaderState } from "../data/batches.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context } from "../contract/slot.ts";
import { zerosMet, zerosText } from "./zeros_met.ts";

/** Steps and epochs done when a step begins. */
export interface StepStart {
  step: number;
  epoch: number;
}

export interface SecondLook {
  model: Model;
  loader: BatchLoader;
  /** Batches of a step. */
  accumulate: number;
  /**
   * The loader's next batch, with the random numbers of a micro step of the step that began at
   * `start`.
   */
  nextBatch(
    microStep: number,
    start: StepStart,
  ): Promise<{ batch: DeviceBatch; context: Context }>;
}

export class UnreadSteps {
  #starts: (StepStart & { loader: LoaderState })[] = [];

  /** Notes a step that begins; the loader stands before its first batch. */
  begin({ step, epoch }: StepStart, loader: LoaderState): void {
    this.#starts.push({ step, epoch, loader });
  }

  /** All of them are read, and finite. */
  clear(): void {
    this.#starts = [];
  }

  /**
   * The forward pass of a step once more. Its update was left out, so the weights are those that it
   * had, or on a GPU those of a few steps later. The loader stands elsewhere after.
   *
   * @param done steps done after it
   * @returns what met 0 in words; null where the step is not known
   */
  async zerosAt(
    done: number,
    { model, loader, accumulate, nextBatch }: SecondLook,
  ): Promise<string | null> {
    const start = this.#starts.find(({ step }) => step + 1 === done);
    if (start === undefined) return null;
    await loader.restore(start.loader);
    for (let i = 0; i < accumulate; i++) {
      const { batch, context } = await nextBatch(start.step * accumulate + i, start);
      const met = await zerosMet((zeroAt) => {
        const seeing = { ...context, zeroAt };
        model.loss(model.forward(batch, seeing), seeing);
      }).finally(() => tf.dispose({ ...batch }));
      if (met.length > 0 || i + 1 === accumulate) return zerosText(met);
    }
    return null;
  }
}
