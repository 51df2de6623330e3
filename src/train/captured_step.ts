/**
 * Capture and replay of the training step. The first steps run as always; then one is recorded while
 * it runs, and the next one is made twice, from the same state: eagerly and as a replay. When both
 * agree in every bit of losses, terms and gradient sums, all later steps of that batch shape and of that phase
 * of the model (a loss term that begins later) are replays.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Batch } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import type { WsvadWebGPUBackend } from "../device/webgpu/backend.ts";
import type { Recording } from "../device/webgpu/recording.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context } from "../contract/slot.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { runPass } from "./step.ts";
import { applyPass, type UpdateRule } from "./update.ts";
import { uploadBatch } from "./upload.ts";
import { namesOf, numbersOf, type PassNames } from "./watch.ts";

/** Steps that run eagerly first: they compile every pipeline and put every variable on the GPU. */
const EAGER_STEPS = 2;

/** Numbers of a step, as the watch takes them. */
interface StepNumbers {
  names: PassNames;
  numbers: tf.Tensor;
}

type Stage =
  | { kind: "eager"; left: number }
  | { kind: "recorded"; recording: Recording; output: StepNumbers; checked: boolean }
  | { kind: "off" };

/**
 * Steps recorded on the GPU, where the configuration and the device allow it.
 *
 * @param note told where a GPU is there and steps stay eager all the same
 */
export function capturedStep(
  { capture, accumulate }: Pick<ResolvedConfig["trainer"], "capture" | "accumulate">,
  { kind }: Device,
  model: Model,
  rule: UpdateRule,
  note: (text: string) => void,
): CapturedStep | null {
  if (kind !== "webgpu" || capture === "off") return null;
  const refuse = (reason: string) =>
    note(`steps are not captured: ${reason}; the numbers are the same`);
  if (accumulate === 1) return new CapturedStep(model, rule, refuse);
  refuse("gradients are accumulated over several batches");
  return null;
}

export class CapturedStep {
  readonly #backend: WsvadWebGPUBackend;
  readonly #model: Model;
  readonly #rule: UpdateRule;
  readonly #onFallback: (reason: string) => void;
  readonly #eagerSteps: number;
  #stage: Stage;
  #batch: DeviceBatch | undefined;
  #phase: string | undefined;
  #written: tf.Variable[] | undefined;

  /**
   * @param onFallback told once why steps stay eager, if they do
   * @param options.eagerSteps steps before the recorded one
   */
  constructor(
    model: Model,
    rule: UpdateRule,
    onFallback: (reason: string) => void,
    { eagerSteps = EAGER_STEPS }: { eagerSteps?: number } = {},
  ) {
    this.#backend = tf.backend() as unknown as WsvadWebGPUBackend;
    this.#model = model;
    this.#rule = rule;
    this.#onFallback = onFallback;
    this.#eagerSteps = eagerSteps;
    this.#stage = { kind: "eager", left: eagerSteps };
  }

  /** Dispatches of a replayed step; null while steps are eager. */
  get dispatches(): number | null {
    return this.#stage.kind === "recorded" ? this.#stage.recording.size : null;
  }

  /**
   * One update on a batch; random numbers and learning rate are on the device already.
   *
   * @param observe gets the step's numbers; what it keeps it copies, the next step writes over them
   */
  async run(
    batch: Batch,
    context: Context,
    lr: number,
    observe: (names: PassNames, numbers: tf.Tensor) => void,
  ): Promise<void> {
    const onDevice = this.#place(batch);
    this.#enter(this.#model.phase(context));
    this.#rule.optimizer.prepare(lr);
    const { names, numbers } = await this.#step(onDevice, context);
    observe(names, numbers);
    const stays = this.#stage.kind === "recorded" && this.#stage.output.numbers === numbers;
    if (!stays) numbers.dispose();
  }

  async #step(batch: DeviceBatch, context: Context): Promise<StepNumbers> {
    const stage = this.#stage;
    if (stage.kind === "recorded") {
      return stage.checked ? this.#replay(stage) : await this.#check(stage, batch, context);
    }
    if (stage.kind === "off" || stage.left-- > 0) return this.#eager(batch, context);
    return this.#record(batch, context);
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
    this.#discard();
    if (this.#stage.kind !== "off") this.#stage = { kind: "eager", left: this.#eagerSteps };
  }

  #eager(batch: DeviceBatch, context: Context): StepNumbers {
    const pass = runPass(this.#model, batch, context, undefined, this.#rule.mixed);
    let output: StepNumbers | undefined;
    applyPass(this.#rule, pass, (seen, squares) => {
      output = { names: namesOf(seen), numbers: numbersOf(seen, squares) };
    });
    return output!;
  }

  #record(batch: DeviceBatch, context: Context): StepNumbers {
    const { result, recording } = this.#backend.record(() => this.#eager(batch, context));
    if (typeof recording === "string") {
      this.#fallBack(recording);
      return result;
    }
    this.#stage = { kind: "recorded", recording, output: result, checked: false };
    return result;
  }

  /** Makes the step as a replay and then eagerly from the same state, and compares; the state is the eager step's. */
  async #check(
    stage: Stage & { kind: "recorded" },
    batch: DeviceBatch,
    context: Context,
  ): Promise<StepNumbers> {
    const changing = this.#changing();
    const before = changing.map((variable) => copied(this.#backend, variable));
    const replayed = this.#replay(stage);
    changing.forEach((variable, i) => this.#backend.copyInto(before[i], variable));
    tf.dispose(before);
    const { names, numbers } = this.#backend.inBuffersOf(
      stage.recording,
      () => this.#eager(batch, context),
    );
    const found = await numbers.data();
    numbers.dispose();
    if (!sameBits(found, await replayed.numbers.data())) {
      this.#discard();
      this.#fallBack("a replayed step gave other numbers than the same step made eagerly");
      return { names, numbers: tf.tensor1d(found) };
    }
    stage.checked = true;
    return replayed;
  }

  #replay({ recording, output }: Stage & { kind: "recorded" }): StepNumbers {
    this.#backend.replay(recording, [...this.#changing(), output.numbers]);
    return output;
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

  #fallBack(reason: string): void {
    this.#stage = { kind: "off" };
    this.#onFallback(reason);
  }

  #discard(): void {
    if (this.#stage.kind !== "recorded") return;
    this.#stage.output.numbers.dispose();
    this.#stage.recording.dispose();
  }

  dispose(): void {
    this.#discard();
    if (this.#batch) tf.dispose({ ...this.#batch });
  }
}

function copied(backend: WsvadWebGPUBackend, tensor: tf.Tensor): tf.Tensor {
  const copy = tf.zeros(tensor.shape);
  backend.copyInto(tensor, copy);
  return copy;
}

function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return Array.from(a).every((value, i) => Object.is(value, b[i]));
}
