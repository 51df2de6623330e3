/**
 * The training loop, by steps or by epochs: batches, updates, evaluation, checkpoints, log. It owns
 * no model code and no files' formats; everything that decides the next step is in
 * {@link TrainerState}.
 */

import type * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { BatchLoader } from "../data/batches.ts";
import type { Batch } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import { fault } from "../fault.ts";
import type { FileSystem } from "../io/file_system.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context } from "../contract/slot.ts";
import { RandomStream } from "../nn/random_stream.ts";
import type { Progress } from "../progress.ts";
import { BestWeights } from "./best_weights.ts";
import { type CapturedStep, capturedStep } from "./captured_step.ts";
import type { Checkpoint } from "../run_folder/checkpoint.ts";
import { LapClock, stepsLine } from "./log_line.ts";
import { mixedPrecision } from "./mixed_precision.ts";
import { Optimizer, type Rates } from "./optimizer.ts";
import type { RunFiles } from "../run_folder/run_files.ts";
import type { TrainerState } from "../run_folder/trainer_state.ts";
import { evaluationIsDue, lastStep, stepsPerEpoch } from "./run_length.ts";
import { learningRate } from "./schedule.ts";
import type { Pass } from "./step.ts";
import { Throughput } from "./throughput.ts";
import { TrainingFiles } from "./training_files.ts";
import { type StepStart, UnreadSteps } from "./unread_steps.ts";
import { update, type UpdateRule } from "./update.ts";
import { uploadBatch } from "./upload.ts";
import { type PassNames, requireFiniteState, type StepPlace, Watch } from "./watch.ts";

export interface TrainerOptions {
  config: ResolvedConfig;
  model: Model;
  loader: BatchLoader;
  device: Device;
  files: RunFiles;
  /** Evaluates the model as it stands; null where the data has no test videos. */
  evaluate: (() => Promise<Evaluation>) | null;
  /** After each evaluation but the last, once it is logged. */
  onEvaluated?: () => Promise<void>;
  progress: Progress;
  /** Written into every checkpoint: tool version, runner, device. */
  metadata: Record<string, string>;
  fs?: FileSystem;
  /** Asks the loop to write a checkpoint and stop after the step it is in. */
  stop?: AbortSignal;
}

/**
 * Training on data in memory never waits, so signals would stay unheard without a pause now and
 * then.
 */
const PAUSE_EVERY_MS = 100;

export class Trainer {
  readonly #options: TrainerOptions;
  readonly #rule: UpdateRule;
  readonly #random: RandomStream;
  readonly #watch: Watch;
  readonly #captured: CapturedStep | null;
  readonly #totalSteps: number;
  readonly #unread = new UnreadSteps();
  readonly #clock = new LapClock();
  readonly #throughput: Throughput;
  readonly #files: TrainingFiles;
  readonly #best: BestWeights;
  #state: TrainerState;
  #paused = performance.now();

  constructor(options: TrainerOptions) {
    const { config: { runner, trainer, data }, model, loader, device, progress } = options;
    const note = progress.note.bind(progress);
    this.#options = options;
    this.#rule = {
      optimizer: new Optimizer(runner.optimizer, model.parameters, runner.optimizer_groups),
      clipNorm: runner.grad_clip_norm,
      mixed: mixedPrecision(trainer, device, note),
    };
    this.#random = new RandomStream(trainer.seed);
    this.#watch = new Watch(device.recorder);
    this.#captured = capturedStep(trainer, device.recorder, model, this.#rule, note);
    this.#throughput = new Throughput(2 * data.batch_size * trainer.accumulate);
    this.#files = new TrainingFiles(options.files, options.metadata, options.fs);
    this.#totalSteps = lastStep(trainer, loader);
    this.#best = new BestWeights({
      model,
      select: trainer.select,
      path: options.files.best,
      files: this.#files,
      keptAt: options.evaluate === null ? this.#totalSteps : null,
    });
    const start = { step: 0, epoch: 0, history: [], best: null, unlogged: [] };
    this.#state = { ...start, loader: loader.state() };
  }

  get state(): TrainerState {
    return this.#state;
  }

  get totalSteps(): number {
    return this.#totalSteps;
  }

  /**
   * Continues from a checkpoint: the next step is the one that an uninterrupted run would make. One
   * that is beyond the end, since settings were lowered after it, has nothing left to do.
   *
   * @param planned settings of the run that wrote the checkpoint; null where they are unknown
   * @throws fault when no run could have written it, or it does not fit
   */
  async restore(
    { weights, optimizer, state }: Checkpoint,
    source: string,
    planned: ResolvedConfig["trainer"] | null,
  ): Promise<void> {
    const { loader } = this.#options;
    const end = Math.max(this.#totalSteps, planned ? lastStep(planned, loader) : 0);
    if (state.step > end) {
      throw fault(
        RangeError,
        `Cannot resume from ${source}: it is of step ${state.step}, and its run ends at step ${end}; restore the file from a copy, or start a new run`,
      );
    }
    this.#options.model.parameters.assign(weights, source);
    this.#rule.mixed?.restore(optimizer);
    this.#rule.optimizer.restore(optimizer, state.step);
    await loader.restore(state.loader);
    this.#state = state;
    // The kill may have come between the two files.
    await this.#best.keep(this.#state);
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
      const evaluated = this.#options.evaluate !== null &&
        evaluationIsDue(trainer, step, { epochEnded, done }) && await this.#evaluate();
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
    const { config: { runner, trainer }, loader } = this.#options;
    const { step, epoch } = this.#state;
    this.#unread.begin(this.#state, loader.state());
    const progress = {
      completedSteps: step,
      completedEpochs: epoch,
      totalSteps: this.#totalSteps,
    };
    const lr = learningRate(runner.schedule, runner.optimizer.lr, progress);
    const others = runner.optimizer_groups.map(({ schedule, optimizer }) =>
      learningRate(schedule, optimizer.lr, progress)
    );
    await this.#update({ step: step + 1, epoch, lr }, [lr, ...others]);
    this.#state.step++;
    this.#options.progress.step({
      step: this.#state.step,
      loss: this.#state.unlogged.at(-1)?.loss,
      examplesPerSecond: this.#throughput.at(this.#state.step),
    });
    const ended = this.#state.step % stepsPerEpoch(loader, trainer.accumulate) === 0;
    if (!ended) return false;
    this.#state.epoch++;
    // What is left of the epoch is too little for another step; the loader says null at its end.
    while (trainer.loop === "epochs" && await loader.next() !== null);
    return true;
  }

  /** The update of a step, captured or made as always; its numbers go to the watch. */
  async #update(place: StepPlace, rates: Rates): Promise<void> {
    const { model, config: { trainer: { accumulate } } } = this.#options;
    const { step } = this.#state;
    if (this.#captured) {
      const { batch, context } = await this.#load(step);
      const observe = (names: PassNames, numbers: tf.Tensor) =>
        this.#watch.addNumbers(place, names, numbers);
      return await this.#captured.run(batch, context, rates, observe);
    }
    const batches = Array.from(
      { length: accumulate },
      (_, i) => () => this.#nextBatch(step * accumulate + i),
    );
    const observe = (pass: Pass, squares: tf.Tensor) => this.#watch.add(place, pass, squares);
    await update(model, this.#rule, rates, batches, observe);
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
    this.#unread.clear();
    this.#options.device.assertHealthy();
  }

  /**
   * What met 0 in a step that came to nothing finite; a model that guards its roots needs no such
   * look.
   */
  async #zerosAt(done: number): Promise<string | null> {
    const { model, loader, config: { runner, trainer: { accumulate } } } = this.#options;
    if (runner.guard_sqrt) return null;
    const nextBatch = this.#nextBatch.bind(this);
    return await this.#unread.zerosAt(done, { model, loader, accumulate, nextBatch });
  }

  /** One line with the mean loss and terms of the steps since the last line. */
  async #log(): Promise<void> {
    await this.#readBack();
    const records = this.#state.unlogged;
    if (!records.length) return;
    const { device, config: { runner } } = this.#options;
    const weights = new Map(runner.loss.map(({ name, weight }) => [name, weight]));
    const place = { seconds: this.#clock.lap(), memoryPeakBytes: device.memory().peak };
    await this.#files.append(stepsLine(records, weights, place), this.#state.step);
    this.#state.unlogged = [];
  }

  async #evaluate(): Promise<true> {
    await this.#log();
    const { evaluate, model, progress } = this.#options;
    const { step, epoch } = this.#state;
    requireFiniteState(step, await model.parameters.readChanging());
    const { metrics } = await evaluate!();
    const { best, told } = this.#best.judge(this.#state, metrics);
    const seconds = this.#clock.lap();
    await this.#files.append({ kind: "eval", step, epoch, metrics, best, seconds }, step);
    progress.note(`step ${step}: ${told}`);
    const { onEvaluated } = this.#options;
    if (onEvaluated && step < this.#totalSteps) await this.#files.written(onEvaluated(), step);
    return true;
  }

  /**
   * At the end of an epoch, where the method asks for it: training goes on from the best weights so
   * far. The checkpoint comes after, so that a resumed run goes on from them too.
   */
  async #reloadBest(): Promise<boolean> {
    const { config: { trainer }, progress } = this.#options;
    if (trainer.reload_best !== "epoch") return false;
    // Losses first: what met 0 in one of them is looked for with the weights that it had.
    await this.#readBack();
    const from = await this.#best.reload(this.#state);
    if (from === null) return false;
    progress.note(`step ${this.#state.step}: goes on from the weights of step ${from}`);
    return true;
  }

  /** The checkpoint first: it can make the best weights again, but not the other way round. */
  async #save(): Promise<void> {
    const { model, loader } = this.#options;
    await this.#readBack();
    this.#state.loader = loader.state();
    const { optimizer: rule, mixed } = this.#rule;
    const [weights, optimizer] = [await model.parameters.readChanging(), await rule.read()];
    await mixed?.read(optimizer);
    requireFiniteState(this.#state.step, new Map([...weights, ...optimizer]));
    await this.#files.saveCheckpoint({ weights, optimizer, state: this.#state });
    await this.#best.keep(this.#state);
  }
}
