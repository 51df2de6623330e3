/** What a report of a run is made of. */

import type { Evaluation, Metrics, ScoredVideo } from "../metrics/evaluation.ts";
import type { Intervals } from "../metrics/bootstrap.ts";
import type { ChosenThreshold } from "../metrics/operating_point.ts";
import type { OperatingCurve } from "../metrics/operating_curve.ts";
import type { PublishedResult } from "../config/schema/index.ts";
import type { Smoothing } from "../metrics/smooth_scores.ts";
import type { Spread } from "../metrics/frame_scores.ts";
import type { LogLine } from "../run_folder/log.ts";

/** Everything that the report shows. `wsvad eval` has no log and no selection. */
export interface RunReport {
  tool: { name: string; version: string };
  created: Date;
  runner: { name: string; paper: string };
  data: { name: string; provenance: string; groundTruthRule: string };
  /** How scores were made and weights chosen, one sentence or name each. */
  rules: { crop: string; selection: string; spread: string; align: string; smooth: string };
  /** Facts of the device in the order shown: kind, adapter, driver, BLAS. */
  device: Record<string, string | number | boolean | null>;
  seed: number;
  /** Number of trained parameters; null where an older version did not tell. */
  parameters: number | null;
  /** Steps done, and the time they took with their evaluations. */
  steps: number;
  seconds: number;
  /** Frames a second of the source videos, for time axes. */
  fps: number;
  /** How scores were spread over frames: eval.spread. */
  spread: Spread;
  framesPerSnippet: number;
  /** The threshold of far_normal, drawn in the score curves. */
  farThreshold: number;
  /** Whether scores may leave [0, 1]. */
  unboundedScores: boolean;
  /** Evaluation of the weights that the run keeps, and its videos; null without test videos. */
  evaluation: Evaluation | null;
  /** 95 % intervals of the areas, over videos drawn anew. */
  intervals: Intervals;
  /** What every threshold finds and costs, and the one chosen; null without test videos. */
  operating: { curve: OperatingCurve; choice: ChosenThreshold } | null;
  /** With the scores that the model gave. */
  videos: ScoredVideo[];
  /** By which the evaluation smoothed them; the curves show what it compared. */
  smooth?: Smoothing;
  /** What the paper and others report of the method. */
  published?: PublishedResult[];
  /** The evaluation whose weights are kept; null without training. */
  best: { step: number; metric: string } | null;
  last: { step: number; metrics: Metrics } | null;
  /** ROC-AUC over the late half of the evaluations. */
  late: { mean: number; std: number; n: number } | null;
  log: LogLine[];
  /** Weights of the loss terms, for lines of earlier versions, which have them unweighted. */
  termWeights?: Record<string, number>;
  /** Where a run stands that has not ended; null for one that has. */
  unfinished: { step: number; of: number; running: boolean } | null;
  warnings: string[];
  /** The resolved configuration as YAML. */
  config: string;
}

/**
 * On the page, whose numbers are read alone; the protocol of all papers is no news at each run's
 * end.
 */
export const CHOSEN_ON_TEST =
  "weights were chosen on the test set, as in the published protocol: the numbers are optimistic";
