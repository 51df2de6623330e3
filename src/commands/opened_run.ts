/** A run that is at work: its surroundings, what it was opened with, what it has found so far. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Dataset } from "../data/video.ts";
import type { Device, DeviceOptions } from "../device/device.ts";
import type { FileSystem } from "../io/file_system.ts";
import type { Evaluation, Metrics, ScoredVideo } from "../metrics/evaluation.ts";
import type { Model } from "../model/assemble.ts";
import type { Progress } from "../progress.ts";
import type { RunFiles } from "../run_folder/run_files.ts";
import type { Trainer } from "../train/trainer.ts";

/** What a run is given beside its settings. */
export interface Surroundings {
  device: DeviceOptions;
  progress: Progress;
  /** Files through another layer, for tests of full disks. */
  fs?: FileSystem;
  /** Stops the run after the step it is in, with a checkpoint. */
  stop?: AbortSignal;
  /** Told of each evaluation but the last; `stop` that is given then is heeded at this step. */
  onEvaluated?: (step: number, metrics: Metrics) => void;
}

/** The test videos with their scores, and what these amount to. */
export interface Scored {
  videos: ScoredVideo[];
  evaluation: Evaluation;
}

/** A run whose data and device are open. */
export interface Run {
  config: ResolvedConfig;
  files: RunFiles;
  dataset: Dataset;
  device: Device;
  model: Model;
  trainer: Trainer;
  /** Null without test videos. */
  score: (() => Promise<Scored>) | null;
  /** What the last evaluation of the training found; null before it. */
  lastScored(): Scored | null;
  progress: Progress;
  fs?: FileSystem;
  /** As its checkpoints carry it. */
  metadata: Record<string, string>;
  /** What the user should know beside what the data set says. */
  warnings: string[];
  /** performance.now() of the beginning. */
  start: number;
  /** Spent before the run was resumed, as its log tells. */
  secondsBefore: number;
  close(): Promise<void>;
}
