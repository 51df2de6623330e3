/** Runs side by side: what was found, what differs, and whether they may be compared at all. */

import type { PairedDifference } from "../metrics/bootstrap.ts";
import type { Curve } from "../metrics/evaluation.ts";

/** One of the runs. */
export interface ComparedRun {
  /** Folder, as it was named. */
  name: string;
  runner: string;
  /** Step of the kept weights; null where nothing was evaluated. */
  step: number | null;
  steps: number;
  seconds: number;
  metrics: Record<string, number | null>;
  intervals: Record<string, { low: number; high: number }>;
  late: { mean: number; std: number; n: number } | null;
  /** By class: AUC with the normal videos, and the number of its videos. */
  classes: Record<string, { auc: number | null; videos: number }>;
  roc: Curve;
  pr: Curve;
  /** Over steps. */
  loss: Curve;
  /** roc_auc over the evaluations. */
  auc: Curve;
  /** ap over the evaluations. */
  ap: Curve;
  /**
   * Differences from the first run over the videos that both have; null for the first, and where
   * there are none.
   */
  paired: Record<string, PairedDifference> | null;
}

/** How well a video is ranked by each run; null where a run does not have it. */
export interface ComparedVideo {
  id: string;
  className: string;
  frames: number;
  separation: (number | null)[];
  /** Scores over frames by run, thinned. */
  curves: Curve[];
  truth: [number, number][];
}

export interface Comparison {
  tool: { name: string; version: string };
  runs: ComparedRun[];
  /** Settings that differ: a value a run, "absent" where it has none. */
  settings: { key: string; values: string[] }[];
  /** Why numbers of these runs are not of one kind, a sentence each. */
  warnings: string[];
  /** Videos of all runs, the largest spread of separation first. */
  videos: ComparedVideo[];
  /** How many of the videos each run has with the first in common. */
  common: number[];
}
