/**
 * From the scores of one video to scored frames beside their ground truth.
 *
 * Frames are never written out: equal neighbours stay one run with its numbers of anomalous and
 * normal frames. 1.1 million frames of UCF-Crime are 70 thousand runs, and every curve over the
 * runs is the curve over the frames.
 */

import { c3dBounds } from "../frames/c3d_bounds.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { fault } from "../fault.ts";
import type { ScoredVideo } from "./evaluation.ts";

/** What is done where scores and ground truth of a video differ in length. */
export type Align = "cut" | "extend" | "strict";

/** How the scores of a video come to stand for its frames. */
export type Spread = "snippets" | "segments";

/**
 * Consecutive runs of frames; run i has score scores[i], positives[i] anomalous and negatives[i]
 * normal frames.
 */
export interface FrameRuns {
  scores: Float32Array;
  positives: Int32Array;
  negatives: Int32Array;
  /** Frames that the scores covered before the alignment. */
  scoredFrames: number;
  /** Frames after the alignment. */
  frames: number;
}

/**
 * Spreads the scores of a video over frames and aligns them with its ground truth.
 *
 * `cut` keeps the frames that both have; `extend` repeats the last score, or the last ground-truth
 * value, up to the longer of the two; `strict` refuses a difference.
 *
 * @throws {RangeError} a score that is not finite, no score, `strict` and a difference, or segments
 *   of a video without a whole clip; the message names the video
 */
export function frameRuns(
  video: ScoredVideo,
  options: { align: Align; spread: Spread; framesPerSnippet: number },
): FrameRuns {
  checkScores(video);
  const { scores, ends } = options.spread === "segments"
    ? spreadSegments(video)
    : spreadSnippets(video.scores, options.framesPerSnippet);
  const scoredFrames = ends[ends.length - 1];
  const frames = alignedFrames(video, scoredFrames, options.align);
  if (scoredFrames < frames) ends[ends.length - 1] = frames;
  const truth = frames > video.frames ? extended(video, frames) : video.groundTruth;
  return { scores, ...countFrames(ends, truth, frames), scoredFrames, frames };
}

/** Scores of runs and the frame at which each run ends. */
interface Spans {
  scores: Float32Array;
  ends: Int32Array;
}

function spreadSnippets(scores: Float32Array, framesPerSnippet: number): Spans {
  const ends = new Int32Array(scores.length);
  for (let t = 0; t < ends.length; t++) ends[t] = (t + 1) * framesPerSnippet;
  return { scores, ends };
}

/**
 * WaqasSultani/AnomalyDetectionCVPR2018:Evaluate_Anomaly_Detector.m: every clip of 16 frames has
 * the score of its segment, a later segment overwriting an earlier one; clips of no segment, the
 * last one as a rule, score 0; frames after the last clip repeat its value.
 */
function spreadSegments(video: ScoredVideo): Spans {
  const frames = video.videoFrames ?? video.frames;
  const clips = Math.floor(frames / 16);
  if (clips < 1) {
    throw fault(
      RangeError,
      `Cannot spread the segment scores of "${video.id}" over its ${frames} frames: the official bounds count whole clips of 16 frames; leave the video out, or set eval.spread=snippets`,
    );
  }
  const bounds = c3dBounds(frames, video.scores.length);
  const scores = new Float32Array(clips);
  for (let i = 0; i < video.scores.length; i++) {
    scores.fill(video.scores[i], bounds[i], Math.max(bounds[i + 1], bounds[i] + 1));
  }
  const { ends } = spreadSnippets(scores, 16);
  ends[clips - 1] = frames;
  return { scores, ends };
}

function alignedFrames(video: ScoredVideo, scoredFrames: number, align: Align): number {
  if (align === "cut") return Math.min(scoredFrames, video.frames);
  if (align === "extend") return Math.max(scoredFrames, video.frames);
  if (scoredFrames === video.frames) return scoredFrames;
  throw fault(
    RangeError,
    `Cannot align "${video.id}" strictly: its scores cover ${scoredFrames} frames, its ground truth ${video.frames}; take features and ground truth of one grid, or set eval.align=cut`,
  );
}

/** Ground truth whose last value is repeated up to that many frames. */
function extended(video: ScoredVideo, frames: number): FrameInterval[] {
  const last = video.groundTruth.at(-1);
  if (last === undefined || last.end < video.frames) return video.groundTruth;
  return [...video.groundTruth.slice(0, -1), { start: last.start, end: frames }];
}

/** Anomalous and normal frames of each run, of the first `frames` frames. */
function countFrames(
  ends: Int32Array,
  truth: FrameInterval[],
  frames: number,
): { positives: Int32Array; negatives: Int32Array } {
  const positives = new Int32Array(ends.length);
  const negatives = new Int32Array(ends.length);
  let interval = 0;
  let start = 0;
  for (let run = 0; run < ends.length && start < frames; run++) {
    const end = Math.min(ends[run], frames);
    let anomalous = 0;
    while (interval < truth.length && truth[interval].start < end) {
      const from = Math.max(truth[interval].start, start);
      anomalous += Math.max(Math.min(truth[interval].end, end) - from, 0);
      if (truth[interval].end > end) break;
      interval++;
    }
    positives[run] = anomalous;
    negatives[run] = end - start - anomalous;
    start = end;
  }
  return { positives, negatives };
}

function checkScores(video: ScoredVideo): void {
  if (video.scores.length === 0) {
    throw fault(
      RangeError,
      `Cannot evaluate "${video.id}": expected at least one score, found none; check its features`,
    );
  }
  for (let t = 0; t < video.scores.length; t++) {
    if (Number.isFinite(video.scores[t])) continue;
    throw fault(
      RangeError,
      `Cannot evaluate "${video.id}": the score of snippet ${t} is ${
        video.scores[t]
      }, expected a finite number; check its features and the checkpoint`,
    );
  }
}
