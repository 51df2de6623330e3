/**
 * The work behind the commands. Each of these loads one room with its dependencies when a command
 * needs it, so that help and mistakes on the command line are answered without loading tfjs.
 */

export type { BenchReport } from "../bench/run_bench.ts";
export type { EvaluationResult } from "../commands/run_evaluation.ts";
export type {
  ScoredFile,
  ScoreFormat,
  ScoreRequest,
  ScoreResult,
} from "../commands/score_files.ts";
export type { DoctorCheck, DoctorReport } from "../device/doctor.ts";
export type { SlotDescription } from "../model/describe_slots.ts";
export type { DictionaryResult } from "../dictionary/build_dictionary.ts";
export type { RunResult } from "../commands/run_result.ts";
export type { MatrixResult } from "../launch/run_matrix.ts";
export type { VerifyReport } from "../verify/run_verify.ts";

export const work = {
  bench: () => import("../bench/run_bench.ts"),
  matrix: () => import("../launch/run_matrix.ts"),
  training: () => import("../commands/run_training.ts"),
  evaluation: () => import("../commands/run_evaluation.ts"),
  scoring: () => import("../commands/score_files.ts"),
  verify: () => import("../verify/run_verify.ts"),
  doctor: () => import("../device/doctor.ts"),
  dictionary: () => import("../dictionary/build_dictionary.ts"),
  slots: () => import("../model/describe_slots.ts"),
};
