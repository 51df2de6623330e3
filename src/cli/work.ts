/**
 * The work behind the commands. Each of these loads one room with its dependencies when a command
 * needs it, so that help and mistakes on the command line are answered without loading tfjs.
 */

export type { BenchReport } from "../commands/run_bench.ts";
export type { ExtractRequest, ExtractResult } from "../commands/extract_features.ts";
export type { EvaluationResult } from "../commands/run_evaluation.ts";
export type { ScoreRequest, ScoreResult } from "../commands/score_files.ts";
export type { ScoredFile } from "../commands/score_writing.ts";
export type { ScoreVideosRequest, VideosResult } from "../commands/score_videos.ts";
export type { ScoreFormat } from "../commands/score_outputs.ts";
export type { DoctorReport } from "../commands/doctor/run_doctor.ts";
export type { DoctorCheck } from "../commands/doctor/doctor_check.ts";
export type { SlotDescription } from "../commands/describe_slots.ts";
export type { DictionaryResult } from "../commands/build_dictionary.ts";
export type { ImportResult } from "../commands/import_checkpoint.ts";
export type { DataReport, SplitReport } from "../commands/check_data.ts";
export type { GroundTruthReport, GroundTruthRequest } from "../commands/build_ground_truth.ts";
export type { ScreenedAuc, ScreenReport } from "../commands/screen_report.ts";
export type { DownloadResult } from "../commands/download_data.ts";
export type { KnownData } from "../commands/list_data.ts";
export type { LicensedPart } from "../commands/licenses.ts";
export type { VersionReport } from "../commands/version.ts";
export type { ExportResult } from "../commands/export_checkpoint.ts";
export type { RunResult } from "../commands/run_result.ts";
export type { Comparison } from "../report/comparison.ts";
export type { RunRow } from "../run_folder/run_store.ts";
export type { MatrixPlan } from "../commands/matrix_grid.ts";
export type { MatrixResult } from "../commands/matrix_book.ts";
export type { SubmittedExtraction } from "../commands/launch_extract.ts";
export type { LaunchedCells, Launcher } from "../commands/launch_matrix.ts";
export type { VerifyReport } from "../commands/run_verify.ts";

export const work = {
  bench: () => import("../commands/run_bench.ts"),
  comparing: () => import("../commands/run_compare.ts"),
  reporting: () => import("../commands/run_report.ts"),
  namingRuns: () => import("../run_folder/run_folders.ts"),
  exportingLog: () => import("../commands/export_log.ts"),
  runs: () => import("../commands/run_runs.ts"),
  watching: () => import("../commands/watch_server.ts"),
  matrix: () => import("../commands/run_matrix.ts"),
  matrixGrid: () => import("../commands/matrix_grid.ts"),
  matrixScripts: () => import("../commands/launch_matrix.ts"),
  cell: () => import("../commands/run_cell.ts"),
  starting: () => import("../commands/start_run.ts"),
  resuming: () => import("../commands/resume_training.ts"),
  evaluation: () => import("../commands/run_evaluation.ts"),
  extraction: () => import("../commands/extract_features.ts"),
  extractionTasks: () => import("../commands/launch_extract.ts"),
  demoVideo: () => import("../commands/demo_video.ts"),
  scoring: () => import("../commands/score_files.ts"),
  serving: () => import("../commands/serve_files.ts"),
  scoringVideos: () => import("../commands/score_videos.ts"),
  importing: () => import("../commands/import_checkpoint.ts"),
  exporting: () => import("../commands/export_checkpoint.ts"),
  verify: () => import("../commands/run_verify.ts"),
  outputs: () => import("../commands/verify_outputs.ts"),
  doctor: () => import("../commands/doctor/run_doctor.ts"),
  installing: () => import("../commands/doctor/install_blas.ts"),
  dictionary: () => import("../commands/build_dictionary.ts"),
  checking: () => import("../commands/check_data.ts"),
  downloading: () => import("../commands/download_data.ts"),
  converting: () => import("../commands/convert_data.ts"),
  groundTruth: () => import("../commands/build_ground_truth.ts"),
  manifest: () => import("../commands/write_manifest.ts"),
  screening: () => import("../commands/screen_data.ts"),
  preparing: () => import("../commands/prepare_data.ts"),
  knownData: () => import("../commands/list_data.ts"),
  licenses: () => import("../commands/licenses.ts"),
  version: () => import("../commands/version.ts"),
  slots: () => import("../commands/describe_slots.ts"),
};
