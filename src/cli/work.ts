/**
 * The work behind the commands, loaded when a command needs it, so that help and mistakes on the
 * command line are answered without loading tfjs.
 */

import type { DeviceOptions } from "../device/device.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Evaluation, Metrics } from "../eval/evaluation.ts";
import type { Progress } from "../progress.ts";
import type { VerifyOptions, VerifyReport } from "../verify/run_verify.ts";

/** What every command of work is given. */
interface Surroundings {
  device: DeviceOptions;
  progress: Progress;
}

export interface TrainingRequest extends Surroundings {
  config: ResolvedConfig;
  /** Exists already; empty unless `overwrite`. */
  runFolder: string;
  overwrite: boolean;
}

/** The part of result.json that is printed, and where the run lies. */
export interface RunResult {
  runFolder: string;
  /** Path of report.html. */
  report: string;
  steps: number;
  seconds: number;
  /** Null where nothing was evaluated: no test videos. */
  best: { step: number; metrics: Metrics; reasons: Record<string, string> } | null;
  last: { step: number; metrics: Metrics } | null;
  late: { mean: number; std: number; n: number } | null;
  warnings: string[];
}

export interface EvaluationRequest extends Surroundings {
  /** A run folder, whose best weights are taken, or a checkpoint file. */
  checkpoint: string;
  overrides: string[];
  configDirs: string[];
  /** Folder for evaluation.json and report.html; absent: nothing is written. */
  out?: string;
  overwrite: boolean;
}

export interface EvaluationResult {
  checkpoint: string;
  evaluation: Evaluation;
  videos: number;
  seconds: number;
  /** Path of report.html, where one was asked for. */
  report: string | null;
  warnings: string[];
}

export const SCORE_FORMATS = ["csv", "json", "svg"] as const;
export const LAYOUTS = ["crops_first", "snippets_first", "per_crop"] as const;

export interface ScoreRequest extends Surroundings {
  checkpoint: string;
  /** Feature files and folders of them. */
  paths: string[];
  overrides: string[];
  configDirs: string[];
  /** Axes of 3-D files; absent: refused where both readings are possible. */
  layout?: (typeof LAYOUTS)[number];
  out: string;
  formats: (typeof SCORE_FORMATS)[number][];
  /** Frames per second of the videos; absent: data.fps. */
  fps?: number;
  /** Segments listed for each video. */
  top: number;
  overwrite: boolean;
}

export interface ScoredFile {
  id: string;
  path: string;
  snippets: number;
  maximum: number;
  /** Highest first; times are `h:mm:ss.mmm`. */
  segments: { startTime: string; endTime: string; peakScore: number }[];
  written: string[];
}

export interface ScoreResult {
  checkpoint: string;
  files: ScoredFile[];
  seconds: number;
  warnings: string[];
}

export interface DoctorRequest {
  device: DeviceOptions;
  /** The configuration whose data is looked for; absent: none was named. */
  config?: ResolvedConfig;
}

export interface DoctorCheck {
  /** What it is about: "adapter", "BLAS", "kernel row_mean". */
  name: string;
  /** "missing" is no failure: the tool works without it. */
  status: "ok" | "missing" | "failed";
  found: string;
  /** How to mend it. */
  advice?: string;
}

export interface DoctorReport {
  ok: boolean;
  sections: { title: string; checks: DoctorCheck[] }[];
}

/** One slot entry, and what fits it. */
export interface SlotDescription {
  kind: "encoder" | "head" | "branch" | "loss";
  name: string;
  summary: string;
  source: string;
  /** Names with shapes. */
  requires: Record<string, string>;
  provides: string[];
  /** By kind, the names of the entries that can stand before or after it. */
  fits: Record<string, string[]>;
}

interface Training {
  runTraining(request: TrainingRequest): Promise<RunResult>;
  resumeTraining(runFolder: string, request: Surroundings): Promise<RunResult>;
}

/** Each loads one room and its dependencies. */
export const work = {
  training: (): Promise<Training> => import("../train/run_training.ts"),
  evaluation: (): Promise<
    { runEvaluation(request: EvaluationRequest): Promise<EvaluationResult> }
  > => import("../eval/run_evaluation.ts"),
  scoring: (): Promise<{ scoreFiles(request: ScoreRequest): Promise<ScoreResult> }> =>
    import("../eval/score_files.ts"),
  verify: (): Promise<
    {
      runVerify(options: VerifyOptions): Promise<VerifyReport>;
      verifyText(r: VerifyReport): string;
    }
  > => import("../verify/run_verify.ts"),
  doctor: (): Promise<{ runDoctor(request: DoctorRequest): Promise<DoctorReport> }> =>
    import("../device/doctor.ts"),
  slots: (): Promise<{ describeSlots(): SlotDescription[] }> =>
    import("../model/describe_slots.ts"),
};
