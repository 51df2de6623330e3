/**
 * The training loop, by steps or by epochs: batches, updates, evaluation, checkpoints, log. It owns
 * no model code and no files' formats; everything that decides the next step is in {@link TrainerState}.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { BatchLoader, LoaderState } from "../data/batches.ts";
import type { Batch } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import type { Evaluation, Metrics } from "../eval/evaluation.ts";
import { fault, isFault } from "../fault.ts";
import type { FileSystem } from "../io/file_system.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context } from "../model/slot.ts";
import { RandomStream } from "../nn/random_stream.ts";
import type { Progress } from "../progress.ts";
import { CapturedStep } from "./captured_step.ts";
import { type Checkpoint, readWeights, writeCheckpoint, writeWeights } from "./checkpoint.ts";
import { MixedPrecision } from "./mixed_precision.ts";
import { Optimizer } from "./optimizer.ts";
import { appendLog, type LogLine, type RunFiles } from "./run_files.ts";
import { learningRate } from "./schedule.ts";
import { update, type UpdateRule } from "./update.ts";
import { uploadBatch } from "./upload.ts";
import { requireFiniteState, type StepRecord, Watch } from "./watch.ts";
import { zerosMet, zerosText } from "./zeros_met.ts";

/** An evaluation during training. */
export interface EvaluationPoint {
  step: number;
  metrics: Metrics;
}

/** Everything beside tensors that a bit-exact resume needs. */
export interface TrainerState {
  /** Optimiser steps done. */
  step: number;
  /** Epochs completed. */
  epoch: number;
  loader: LoaderState;
  history: EvaluationPoint[];
  /** Index in `history` of the weights in best.safetensors; null before the first evaluation. */
  best: number | null;
  /** Steps since the last line of the log: so lines stand at the same steps wherever a run was stopped. */
  unlogged: StepRecord[];
}

export interface TrainerOptions {
  config: ResolvedConfig;
  model: Model;
  loader: BatchLoader;
  device: Device;
  files: RunFiles;
  /** Evaluates the model as it stands; null where the data has no test videos. */
  evaluate: (() => Promise<Evaluation>) | null;
  progress: Progress;
  /** Written into every checkpoint: tool version, runner, device. */
  metadata: Record<string, string>;
  fs?: FileSystem;
  /** Asks the loop to write a checkpoint and stop after the step it is in. */
  stop?: AbortSignal;
}

/** Optimiser steps of an epoch; without a complete one, the whole of the data is a step's part. */
function stepsPerEpoch(loader: BatchLoader, accumulate: number): number {
  return Math.max(1, Math.floor(loader.stepsPerEpoch / accumulate));
}

/** Training on data in memory never waits, so signals would stay unheard without a pause now and then. */
const PAUSE_EVERY_MS = 100;

/** Steps and epochs done when a step begins. */
type StepStart = Pick<TrainerState, "step" | "epoch">;

export class Trainer {
  readonly #options: TrainerOptions;
  readonly #rule: UpdateRule;
  readonly #random: RandomStream;
  readonly #watch = new Watch();
  readonly #captured: CapturedStep | null;
  readonly #totalSteps: number;
  /** Where the steps that the watch has not read began, so that one that failed can be made again. */
  #unread: (StepStart & { loader: LoaderState })[] = [];
  #state: TrainerState;
  #logClock = performance.now();
  #paused = performance.now();

  constructor(options: TrainerOptions) {
    const { config: { runner, trainer }, model, loader } = options;
    this.#options = options;
    this.#rule = {
      optimizer: new Optimizer(runner.optimizer, model.parameters),
      clipNorm: runner.grad_clip_norm,
      mixed: this.#mixedPrecision(),
    };
    this.#random = new RandomStream(trainer.seed);
    this.#captured = this.#capture();
    this.#totalSteps = trainer.loop === "steps"
      ? trainer.max_steps
      : trainer.max_epochs * stepsPerEpoch(loader, trainer.accumulate);
    const start = { step: 0, epoch: 0, history: [], best: null, unlogged: [] };
    this.#state = { ...start, loader: loader.state() };
  }

  get state(): TrainerState {
    return this.#state;
  }

  get totalSteps(): number {
    return this.#totalSteps;
  }

  /** Continues from a checkpoint: the next step is the one that an uninterrupted run would make. */
  async restore(
    { weights, optimizer, state }: Checkpoint<TrainerState>,
    source: string,
  ): Promise<void> {
    this.#options.model.parameters.assign(weights, source);
    this.#rule.mixed?.restore(optimizer);
    this.#rule.optimizer.restore(optimizer, state.step);
    await this.#options.loader.restore(state.loader);
    this.#state = state;
    // The kill may have come between the two files.
    if (this.#isBest()) await this.#saveBest();
  }

  /**
   * Runs to the end, or until `stop` is given.
   *
   * @returns false when it was stopped; a checkpoint of the last step is written then
   * @throws fault when a loss or gradient is not finite, or a file cannot be written
   */
  async run(): Promise<boolean> {
    const { progress, config: { trainer }, stop } = this.#options;
    progress.start(this.#totalSteps, this.#state.step);
    if (this.#state.step === 0) await this.#save();
    while (this.#state.step < this.#totalSteps) {
      const epochEnded = await this.#step();
      await this.#settle();
      await this.#pause();
      const { step } = this.#state;
      const done = step === this.#totalSteps;
      const evaluated = this.#evaluationIsDue(epochEnded, done) && await this.#evaluate();
      const reloaded = epochEnded && await this.#reloadBest();
      if (evaluated || reloaded || done || stop?.aborted || step % trainer.checkpoint_every === 0) {
        await this.#save();
      }
      if (stop?.aborted && !done) {
        progress.stop();
        return false;
      }
    }
    progress.stop();
    return true;
  }

  dispose(): void {
    this.#captured?.dispose();
    this.#rule.optimizer.dispose();
    this.#rule.mixed?.dispose();
    this.#random.dispose();
    this.#watch.dispose();
  }

  /** One optimiser step on `accumulate` batches. Returns whether it ended an epoch. */
  async #step(): Promise<boolean> {
    const { config: { runner, trainer, data }, model, loader } = this.#options;
    const { step, epoch } = this.#state;
    this.#unread.push({ step, epoch, loader: loader.state() });
    const lr = learningRate(runner.schedule, runner.optimizer.lr, {
      completedSteps: step,
      completedEpochs: epoch,
      totalSteps: this.#totalSteps,
    });
    const micro = Array.from(
      { length: trainer.accumulate },
      (_, i) => () => this.#nextBatch(step * trainer.accumulate + i),
    );
    const place = { step: step + 1, epoch, lr };
    if (this.#captured) {
      const { batch, context } = await this.#load(step);
      await this.#captured.run(
        batch,
        context,
        lr,
        (names, numbers) => this.#watch.addNumbers(place, names, numbers),
      );
    } else {
      await update(
        model,
        this.#rule,
        lr,
        micro,
        (pass, squares) => this.#watch.add(place, pass, squares),
      );
    }
    this.#state.step++;
    this.#options.progress.step({ step: this.#state.step, ...this.#speed(data.batch_size) });
    const ended = this.#state.step % stepsPerEpoch(loader, trainer.accumulate) === 0;
    if (!ended) return false;
    this.#state.epoch++;
    // What is left of the epoch is too little for another step; the loader says null at its end.
    while (trainer.loop === "epochs" && await loader.next() !== null);
    return true;
  }

  /** The next batch on the device; random numbers of the pass are those of its micro step. */
  async #nextBatch(
    microStep: number,
    at?: StepStart,
  ): Promise<{ batch: DeviceBatch; context: Context }> {
    const { batch, context } = await this.#load(microStep, at);
    return { batch: uploadBatch(batch), context };
  }

  async #load(
    microStep: number,
    { step, epoch }: StepStart = this.#state,
  ): Promise<{ batch: Batch; context: Context }> {
    const batch = await this.#options.loader.next();
    if (batch === null) throw new Error("The loader ended an epoch in the middle of a step");
    this.#random.step = microStep;
    return { batch, context: { mode: "train", random: this.#random, step, epoch } };
  }

  #clock: { time: number; step: number } | undefined;

  #speed(batchSize: number): { loss?: number; examplesPerSecond?: number } {
    const { accumulate } = this.#options.config.trainer;
    const now = performance.now();
    const from = this.#clock ??= { time: now, step: this.#state.step };
    const steps = this.#state.step - from.step;
    const videos = steps * 2 * batchSize * accumulate;
    return {
      loss: this.#state.unlogged.at(-1)?.loss,
      examplesPerSecond: steps ? videos / ((now - from.time) / 1000) : undefined,
    };
  }

  /** Steps recorded on the GPU, where the configuration and the device allow it. */
  #capture(): CapturedStep | null {
    const { device, model, config: { trainer }, progress } = this.#options;
    if (device.kind !== "webgpu" || trainer.capture === "off") return null;
    const refuse = (reason: string) =>
      progress.note(`steps are not captured: ${reason}; the numbers are the same`);
    if (trainer.accumulate > 1) {
      refuse("gradients are accumulated over several batches");
      return null;
    }
    return new CapturedStep(model, this.#rule, refuse);
  }

  /** Half precision where the configuration asks for it and the device has it. */
  #mixedPrecision(): MixedPrecision | null {
    const { device, config: { trainer }, progress } = this.#options;
    if (trainer.precision === 32) return null;
    if (device.setHalfProducts) return new MixedPrecision(device.setHalfProducts);
    progress.note(
      `trainer.precision=16-mixed needs a GPU with shader-f16, which ${device.name} does not have: computing in single precision`,
    );
    return null;
  }

  /** Steps left out because half precision overflowed; null in single precision. */
  async skippedSteps(): Promise<number | null> {
    return await this.#rule.mixed?.skipped() ?? null;
  }

  /** Reads losses back when enough have gathered, and logs every `log_every` steps. */
  async #settle(): Promise<void> {
    const { trainer } = this.#options.config;
    const { step } = this.#state;
    const logDue = step % trainer.log_every === 0 || step === this.#totalSteps;
    if (this.#watch.full) await this.#readBack();
    if (logDue) await this.#log();
  }

  /** Lets signals and timers through. */
  async #pause(): Promise<void> {
    if (performance.now() - this.#paused < PAUSE_EVERY_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#paused = performance.now();
  }

  async #readBack(): Promise<void> {
    this.#state.unlogged.push(...await this.#watch.flush((step) => this.#zerosAt(step)));
    this.#unread = [];
    this.#options.device.assertHealthy();
  }

  /**
   * The forward pass of a step that came to nothing finite once more, to see what met 0. Its update was left out,
   * so the weights are those that it had, or on a GPU those of a few steps later.
   */
  async #zerosAt(done: number): Promise<string | null> {
    const { model, loader, config: { runner, trainer } } = this.#options;
    const start = this.#unread.find(({ step }) => step + 1 === done);
    if (start === undefined || runner.guard_sqrt) return null;
    await loader.restore(start.loader);
    for (let i = 0; i < trainer.accumulate; i++) {
      const { batch, context } = await this.#nextBatch(start.step * trainer.accumulate + i, start);
      const met = await zerosMet((zeroAt) => {
        const seeing = { ...context, zeroAt };
        model.loss(model.forward(batch, seeing), seeing);
      });
      tf.dispose({ ...batch });
      if (met.length > 0 || i + 1 === trainer.accumulate) return zerosText(met);
    }
    return null;
  }

  /** One line with the mean loss and terms of the steps since the last line. */
  async #log(): Promise<void> {
    await this.#readBack();
    const records = this.#state.unlogged;
    if (!records.length) return;
    const mean = (of: (record: StepRecord) => number) =>
      records.reduce((sum, record) => sum + of(record), 0) / records.length;
    const { step, epoch, lr, terms } = records.at(-1)!;
    const line: LogLine = {
      kind: "step",
      step,
      epoch,
      loss: mean(({ loss }) => loss),
      terms: Object.fromEntries(
        Object.keys(terms).map((name) => [name, mean(({ terms }) => terms[name])]),
      ),
      lr,
      seconds: this.#lap(),
    };
    await this.#append(line);
    this.#state.unlogged = [];
  }

  async #append(line: LogLine): Promise<void> {
    const { files, fs } = this.#options;
    await this.#write(appendLog(files.log, [line], fs));
  }

  /** Seconds since the last line of the log. */
  #lap(): number {
    const now = performance.now();
    const seconds = (now - this.#logClock) / 1000;
    this.#logClock = now;
    return Number(seconds.toFixed(3));
  }

  #evaluationIsDue(epochEnded: boolean, done: boolean): boolean {
    const { trainer } = this.#options.config;
    const { step } = this.#state;
    if (!this.#options.evaluate) return false;
    if (done) return true;
    if (step < trainer.eval_start) return false;
    if (trainer.eval_every !== null && step % trainer.eval_every === 0) return true;
    return trainer.loop === "epochs" && epochEnded;
  }

  /** Evaluates; the first of equal values stays the best. */
  async #evaluate(): Promise<true> {
    await this.#log();
    const { evaluate, model, config: { trainer }, progress } = this.#options;
    const { step, epoch, history } = this.#state;
    requireFiniteState(step, await model.parameters.readChanging());
    const { metrics } = await evaluate!();
    history.push({ step, metrics });
    const value = metrics[trainer.select];
    const before = this.#state.best === null
      ? null
      : history[this.#state.best].metrics[trainer.select];
    const best = before === null || (value !== null && value > before);
    if (best) this.#state.best = history.length - 1;
    await this.#append({ kind: "eval", step, epoch, metrics, best, seconds: this.#lap() });
    const shown = value === null ? "undefined" : value.toFixed(4);
    progress.note(`step ${step}: ${trainer.select} ${shown}${best ? " (best so far)" : ""}`);
    return true;
  }

  /**
   * At the end of an epoch, where the method asks for it: training goes on from the best weights so far. The
   * optimiser's state stays. The checkpoint comes after, so that a resumed run goes on from them too.
   */
  async #reloadBest(): Promise<boolean> {
    const { model, config: { trainer }, files, progress } = this.#options;
    const { step, best, history } = this.#state;
    if (trainer.reload_best !== "epoch" || best === null || this.#isBest()) return false;
    await this.#readBack();
    const { weights } = await readWeights(files.best);
    model.parameters.overwrite(weights, `"${files.best}"`);
    progress.note(`step ${step}: goes on from the weights of step ${history[best].step}`);
    return true;
  }

  /** Whether the weights of this step are those to keep: the last ones where nothing is evaluated. */
  #isBest(): boolean {
    const { step, best, history } = this.#state;
    if (!this.#options.evaluate) return step === this.#totalSteps;
    return best !== null && history[best].step === step;
  }

  async #saveBest(): Promise<void> {
    const { model, files, metadata, fs } = this.#options;
    const weights = await model.parameters.readChanging();
    const about = { ...metadata, step: String(this.#state.step) };
    await this.#write(writeWeights(files.best, weights, about, fs));
  }

  /** The checkpoint first: it can make the best weights again, but not the other way round. */
  async #save(): Promise<void> {
    const { model, loader, files, metadata, fs } = this.#options;
    await this.#readBack();
    this.#state.loader = loader.state();
    const { optimizer: rule, mixed } = this.#rule;
    const [weights, optimizer] = [await model.parameters.readChanging(), await rule.read()];
    await mixed?.read(optimizer);
    requireFiniteState(this.#state.step, new Map([...weights, ...optimizer]));
    const checkpoint = { weights, optimizer, state: this.#state };
    await this.#write(writeCheckpoint(files.last, checkpoint, metadata, fs));
    if (this.#isBest()) await this.#saveBest();
  }

  /** A full disk ends the run, but not for good. */
  async #write(written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (error) {
      if (!isFault(error) || this.#state.step === 0) throw error;
      const { folder } = this.#options.files;
      throw fault(Error, `${error.message}; continue with wsvad train --resume ${folder}`, {
        cause: error,
      });
    }
  }
}
