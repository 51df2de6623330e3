/**
 * The training step, recorded and replayed. The first steps run as always; then one is recorded
 * while it runs, and the next one is made both ways (device/replayed_work.ts). A recording serves
 * one shape of batches, and one phase of the model: a loss term that begins later begins a new one.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Context } from "../contract/slot.ts";
import type { Batch } from "../data/video.ts";
import type { Recorder } from "../device/recorder.ts";
import { ReplayedWork } from "../device/replayed_work.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { runPass } from "./step.ts";
import type { Rates } from "./optimizer.ts";
import { applyPass, type UpdateRule } from "./update.ts";
import { uploadBatch } from "./upload.ts";
import { namesOf, numbersOf, type PassNames } from "./watch.ts";

/**
 * Steps recorded on the device, where the configuration and the device allow it.
 *
 * @param note told where the device could and steps stay eager all the same
 */
export function capturedStep(
  { capture, accumulate }: Pick<ResolvedConfig["trainer"], "capture" | "accumulate">,
  recorder: Recorder | null,
  model: Model,
  rule: UpdateRule,
  note: (text: string) => void,
): CapturedStep | null {
  if (recorder === null || capture === "off") return null;
  const refuse = (reason: string) =>
    note(`steps are not captured: ${reason}; the numbers are the same`);
  if (accumulate === 1) return new CapturedStep(recorder, model, rule, refuse);
  refuse("gradients are accumulated over several batches");
  return null;
}

/** Numbers of a step, as the watch takes them. */
type StepNumbers = { numbers: tf.Tensor };

export class CapturedStep {
  readonly #recorder: Recorder;
  readonly #model: Model;
  readonly #rule: UpdateRule;
  readonly #onFallback: (reason: string) => void;
  readonly #eagerSteps: number | undefined;
  #work: ReplayedWork<StepNumbers>;
  #names: PassNames = { terms: [], parameters: [] };
  #batch: DeviceBatch | undefined;
  #phase: string | undefined;
  #written: tf.Variable[] | undefined;
  #told = false;

  /**
   * @param onFallback told once why steps stay eager, if they do
   * @param options.eagerSteps steps before the recorded one
   */
  constructor(
    recorder: Recorder,
    model: Model,
    rule: UpdateRule,
    onFallback: (reason: string) => void,
    { eagerSteps }: { eagerSteps?: number } = {},
  ) {
    this.#recorder = recorder;
    this.#model = model;
    this.#rule = rule;
    this.#onFallback = onFallback;
    this.#eagerSteps = eagerSteps;
    this.#work = this.#begin();
  }

  #begin(): ReplayedWork<StepNumbers> {
    return new ReplayedWork(this.#recorder, {
      eagerRuns: this.#eagerSteps,
      written: () => this.#changing(),
    });
  }

  /** Dispatches of a replayed step; null while steps are eager. */
  get dispatches(): number | null {
    return this.#work.dispatches;
  }

  /**
   * One update on a batch; random numbers and learning rate are on the device already.
   *
   * @param observe gets the step's numbers; what it keeps it copies, the next step writes over them
   */
  async run(
    batch: Batch,
    context: Context,
    rates: Rates,
    observe: (names: PassNames, numbers: tf.Tensor) => void,
  ): Promise<void> {
    const onDevice = this.#place(batch);
    this.#enter(this.#model.phase(context));
    this.#rule.optimizer.prepare(rates);
    const { outputs, kept } = this.#work.run(() => this.#eager(onDevice, context));
    await this.#work.settle();
    observe(this.#names, outputs.numbers);
    if (!kept) outputs.numbers.dispose();
    const { obstacle } = this.#work;
    if (obstacle === null || this.#told) return;
    this.#told = true;
    this.#onFallback(obstacle);
  }

  /** The batch in tensors that stay: a recording reads the same buffers in every step. */
  #place(batch: Batch): DeviceBatch {
    const known = this.#batch;
    if (known && String(known.video.shape) === String(batch.shape)) {
      overwrite(known.video, batch.video);
      overwrite(known.lengths, batch.lengths);
      overwrite(known.classIds, batch.classIds);
      overwrite(known.labels, batch.labels);
      return known;
    }
    if (known) {
      tf.dispose({ ...known });
      this.#restart();
    }
    return this.#batch = uploadBatch(batch);
  }

  #enter(phase: string): void {
    if (this.#phase !== undefined && this.#phase !== phase) this.#restart();
    this.#phase = phase;
  }

  /** A recording serves one shape of batches and one phase alone. */
  #restart(): void {
    if (this.#work.obstacle !== null) return;
    this.#work.dispose();
    this.#work = this.#begin();
  }

  #eager(batch: DeviceBatch, context: Context): StepNumbers {
    const pass = runPass(this.#model, batch, context, undefined, this.#rule.mixed);
    let numbers: tf.Tensor | undefined;
    applyPass(this.#rule, pass, (seen, squares) => {
      this.#names = namesOf(seen);
      numbers = numbersOf(seen, squares);
    });
    return { numbers: numbers! };
  }

  /** What a step writes in place: the same in every step. */
  #changing(): tf.Variable[] {
    if (this.#written) return this.#written;
    const parameters = this.#model.parameters.all().filter(({ frozen }) => !frozen)
      .map(({ variable }) => variable);
    const { optimizer, mixed } = this.#rule;
    return this.#written = [
      ...parameters,
      ...optimizer.variables(),
      ...(mixed ? [mixed.state] : []),
    ];
  }

  dispose(): void {
    this.#work.dispose();
    if (this.#batch) tf.dispose({ ...this.#batch });
  }
}
