/**
 * The tool as a library: read features, load a checkpoint and score, train, evaluate; and the types
 * that plugins are written with. Everything else is an internal matter and may change.
 *
 * A process has one device at a time, since tfjs has one backend: close a model before the next
 * call that computes.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { type EvaluationResult, runEvaluation } from "./src/commands/run_evaluation.ts";
import type { RunResult } from "./src/commands/run_result.ts";
import { prepareRun } from "./src/commands/start_run.ts";
import { prepareFeatures } from "./src/data/prepare_features.ts";
import type { VideoFeatures } from "./src/data/video.ts";
import type { DeviceOptions } from "./src/device/device.ts";
import { fault } from "./src/fault.ts";
import { RandomStream } from "./src/nn/random_stream.ts";
import { openDevice } from "./src/ops/open_device.ts";
import { type Progress, silent } from "./src/progress.ts";
import { openCheckpoint } from "./src/run_folder/import_checkpoint.ts";
import { modelOf } from "./src/run_folder/load_checkpoint.ts";
import { scoreVideo } from "./src/score/score_video.ts";
import { Scoring } from "./src/score/scoring.ts";

export type { Backbone } from "./src/contract/backbone.ts";
export type { LossTerm, Slot } from "./src/contract/slot.ts";
export type { FileFeatures, ReadOptions } from "./src/data/feature_file.ts";
export { readFeatures } from "./src/data/feature_file.ts";
export { isFault } from "./src/fault.ts";
export type { Plugin, PluginEntries, PluginKit } from "./src/model/plugin_kit.ts";
export type { DataSet } from "./src/sets/data_set.ts";
export type { DeviceOptions, EvaluationResult, Progress, RunResult, VideoFeatures };

/** What all calls that compute may be told. */
export interface Computing {
  /** Where to compute; absent: the GPU where there is a real one, else the cpu. */
  device?: DeviceOptions;
  /** `key=value` and `group=name`, as on the command line. */
  settings?: string[];
  /** Folders with settings files. */
  configDirs?: string[];
  /** Files of slots. */
  plugins?: string[];
  /** Told of steps, notes and warnings; absent: nobody is. */
  progress?: Progress;
}

const AUTO: DeviceOptions = { device: "auto" };

/** A new training. */
export interface Training extends Computing {
  /** The method: "mil", "rtfm", ... */
  runner: string;
  /** Run folder; absent: one below runs/. */
  out?: string;
  /** Replaces a run that is there. */
  overwrite?: boolean;
  /** Stops after the step at hand, with a checkpoint. */
  stop?: AbortSignal;
}

/**
 * Trains a method and writes a run folder, as `wsvad train` does.
 *
 * @throws faults ({@link isFault}): settings, data or a folder that cannot be
 *
 * @example
 * ```ts
 * import { evaluate, train } from "wsvad";
 *
 * const parent = await Deno.makeTempDir();
 * const videos = "{videos_train: 4, videos_test: 4, longest_train: 64, longest_test: 64}";
 * const small = [`data.synthetic=${videos}`, "data.dim=8", "data.crops=1", "data.batch_size=2"];
 * const { runFolder, steps } = await train({
 *   runner: "mil",
 *   settings: [...small, "data.segments=4", "trainer.max_steps=3"],
 *   out: `${parent}/run`,
 *   device: { device: "cpu" },
 * });
 * console.assert(steps === 3);
 *
 * const { evaluation } = await evaluate(runFolder, { device: { device: "cpu" } });
 * console.assert(evaluation.metrics.roc_auc! >= 0);
 * ```
 */
export async function train(training: Training): Promise<RunResult> {
  const { runner, settings = [], configDirs, plugins, out, overwrite, stop } = training;
  const { device = AUTO, progress = silent } = training;
  const overrides = [`runner=${runner}`, ...settings];
  const run = await prepareRun({ overrides, configDirs, plugins, out, overwrite });
  return await run({ device, progress, stop });
}

/**
 * Evaluates a run folder or a checkpoint on the test videos of its configuration, as `wsvad eval`
 * does; `settings` may choose other data.
 *
 * @throws faults: no checkpoint, data that cannot be used
 */
export async function evaluate(
  checkpoint: string,
  { device = AUTO, settings = [], configDirs = [], plugins, progress = silent }: Computing = {},
): Promise<EvaluationResult> {
  const request = { checkpoint, overrides: settings, configDirs, plugins, overwrite: false };
  return await runEvaluation({ ...request, device, progress });
}

/** A trained model on a device. */
export interface OpenModel extends AsyncDisposable {
  /** Name of the method. */
  runner: string;
  /** Channels of a snippet that it takes, without a magnitude channel. */
  dim: number;
  /** Frames that a snippet stands for, as it was trained. */
  framesPerSnippet: number;
  /**
   * Scores of one video, float32 [T], T snippets: higher is more anomalous. The features are as
   * {@link readFeatures} reads them, and are prepared as in training.
   *
   * @throws {RangeError} a fault: another number of channels
   */
  score(features: VideoFeatures): Promise<Float32Array>;
  /** Frees the device. */
  close(): Promise<void>;
}

/**
 * Loads the best weights of a run folder, or a checkpoint file, onto a device.
 *
 * @throws faults: no checkpoint, or one that does not say what it holds
 *
 * @example
 * ```ts
 * import { openModel, readFeatures, train } from "wsvad";
 *
 * const parent = await Deno.makeTempDir();
 * const device = { device: "cpu" } as const;
 * const small = ["trainer.max_steps=2", "data.batch_size=2", "data.segments=4", "data.dim=8"];
 * const data = "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40}";
 * const run = { runner: "mil", settings: [...small, "data.crops=1", data], out: `${parent}/run` };
 * await train({ ...run, device });
 *
 * // Any .npy file with [T, 8] or [crops, T, 8]; this one is made here: 5 snippets of zeros.
 * const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 8), }".padEnd(117) + "\n";
 * const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0];
 * const bytes = [...magic, ...new TextEncoder().encode(header), ...new Uint8Array(5 * 8 * 4)];
 * await Deno.writeFile(`${parent}/v.npy`, Uint8Array.from(bytes));
 *
 * await using model = await openModel(`${parent}/run`, { device });
 * const scores = await model.score(await readFeatures(`${parent}/v.npy`, { dim: model.dim }));
 * console.assert(scores.length === 5 && scores.every((score) => score >= 0 && score <= 1));
 * ```
 */
export async function openModel(
  checkpoint: string,
  { device: options = AUTO, settings = [], configDirs = [], plugins }: Computing = {},
): Promise<OpenModel> {
  const request = { checkpoint, overrides: settings, configDirs, plugins };
  const loaded = await openCheckpoint(request);
  const { config, dim } = loaded;
  const device = await openDevice(options, false);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => device.close());
  const model = modelOf(loaded);
  const scoring = opened.use(new Scoring({ recorder: device.recorder, capture: false }));
  const open = opened.move();
  const close = () => open.disposeAsync();
  return {
    ...{ runner: config.runner.name, dim, framesPerSnippet: config.eval.frames_per_snippet },
    async score(features) {
      if (features.dim !== dim) {
        throw fault(
          RangeError,
          `Cannot score: expected ${dim} channels, found ${features.dim}; read with { dim: ${dim} }`,
        );
      }
      // Preparation may change its argument.
      const own = { ...features, values: features.values.slice() };
      const video = prepareFeatures(own, config.data);
      const found = scoreVideo(model, video, new RandomStream(0), scoring);
      const scores = await found.scores.data<"float32">();
      tf.dispose({ ...found });
      device.assertHealthy();
      return Float32Array.from(scores);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
