/**
 * The result of an evaluation, as the trainer, `wsvad eval`, the report and result.json read it.
 */

import type { FrameInterval, LabelledSegment } from "../frames/interval.ts";
import type { DetectionMap } from "./detection_map.ts";

/** Scores of one test video and what they are compared with. */
export interface ScoredVideo {
  id: string;
  className: string;
  anomalous: boolean;
  /** [T] one score a snippet (or a segment, with `eval.spread: segments`). */
  scores: Float32Array;
  /** Frames that the ground truth covers. */
  frames: number;
  groundTruth: FrameInterval[];
  /** [T, K] class probabilities row by row, Normal first, where the model has a text branch. */
  probabilities?: Float32Array;
  /** As the detection mAP counts them. */
  segments?: LabelledSegment[];
  /**
   * Frames of the video itself, over which `eval.spread: segments` spreads; `frames` when absent.
   */
  videoFrames?: number;
  /** Events that are not clipped to the features; `groundTruth` when absent. */
  marked?: FrameInterval[];
}

/** A curve as drawn in the report; both arrays have the same length. */
export interface Curve {
  x: number[];
  y: number[];
}

/** Metrics that are undefined are null, and `reasons` says why. */
export type Metrics = Record<string, number | null>;

/** How scores, ground truth and videos met in their lengths, over all videos. */
export interface Alignment {
  /** Frames that were compared. */
  frames: number;
  /** Frames that the scores, the ground truth or the video has and that were not compared. */
  cut: number;
  /** Frames compared beyond the end of the scores, of the ground truth or of the video. */
  extended: number;
  /** Annotated events, those wholly in cut frames, and the anomalous frames that were cut. */
  events: number;
  events_cut: number;
  anomalous_cut: number;
  /**
   * Videos that differ by more than two snippets; all that differ where over 1 % of the frames are
   * cut.
   */
  suspicious: string[];
}

/** AUC of one class; `videos` is the number of its test videos (2 to 23 on UCF-Crime). */
export interface ClassMetrics {
  className: string;
  videos: number;
  withNormal: number | null;
  only: number | null;
}

export interface Evaluation {
  /**
   * roc_auc, pr_auc, ap, abnormal_auc, abnormal_pr_auc, abnormal_ap, far_normal, video_acc; with
   * smoothing also unsmoothed_auc, unsmoothed_pr_auc, unsmoothed_ap; of a text branch also
   * align_auc, align_pr_auc, align_ap, map_official, map_fixed.
   */
  metrics: Metrics;
  reasons: Record<string, string>;
  classes: ClassMetrics[];
  /** Detection mAP by IoU, where the model has a text branch. */
  detection?: DetectionMap;
  alignment: Alignment;
  roc: Curve;
  pr: Curve;
}
