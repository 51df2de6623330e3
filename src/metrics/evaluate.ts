/** From scored test videos to every metric over frames. */

import { fault } from "../fault.ts";
import { evaluateBranch } from "./evaluate_branch.ts";
import { classAucs } from "./class_auc.ts";
import type { EvalOptions } from "./eval_options.ts";
import { behind, offGrid } from "../frames/feature_grid.ts";
import type { Alignment, Evaluation, Metrics, ScoredVideo } from "./evaluation.ts";
import { evaluatedRuns, smoothedVideos } from "./evaluated_runs.ts";
import type { FrameRuns } from "./frame_scores.ts";
import {
  descendingOrder,
  prCurve,
  type RankCurve,
  rankCurve,
  rocCurve,
  type WeightedScores,
} from "./rank_curve.ts";
import { areas, type Result } from "./curve_areas.ts";
import { smoothingText } from "./smooth_scores.ts";
import { thinCurve } from "./thin_curve.ts";

/** A video is called anomalous when one of its scores is above this (UR-DMU, "ac"). */
const videoThreshold = 0.5;

/**
 * Evaluates scores against frame ground truth, over the frames of all videos together; curves are
 * thinned to at most 2000 points for drawing, areas are of the whole curves. What is undefined is
 * null, and `reasons` has its name and why.
 *
 * @throws {RangeError} no video, the same video twice, a score that is not finite, or what
 *     `frameRuns` refuses
 */
export function evaluate(given: ScoredVideo[], options: EvalOptions = {}): Evaluation {
  const { far_threshold = 0.5, frames_per_snippet = 16 } = options;
  checkVideos(given);
  const smoothed = smoothingText(options.smooth) !== null;
  const videos = smoothedVideos(given, options);
  const runs = evaluatedRuns(videos, options);
  const ranking = new Ranking(runs);
  const all = ranking.curveOf(videos.map(() => true));
  const abnormal = ranking.curveOf(videos.map((video) => video.anomalous));
  const results: Result[] = [
    ...areas("", all, "in the test videos"),
    ...areas("abnormal_", abnormal, "in the test videos labelled anomalous"),
    ...(smoothed
      ? areas(
        "unsmoothed_",
        new Ranking(evaluatedRuns(given, options)).curveOf(given.map(() => true)),
        "in the test videos",
      )
      : []),
    options.unboundedScores
      ? { name: "far_normal", value: null, reason: unbounded }
      : falseAlarmRate(videos, runs, far_threshold),
    options.unboundedScores
      ? { name: "video_acc", value: null, reason: unbounded }
      : videoAccuracy(videos),
  ];
  const { classes, reasons } = classAucs(videos, (members) => ranking.curveOf(members));
  const branch = evaluateBranch(videos, options, (scores) => {
    const branch = scores.map((scores, v) => ({ ...videos[v], scores }));
    return new Ranking(evaluatedRuns(branch, options)).curveOf(videos.map(() => true));
  });
  results.push(...branch.results);
  const metrics: Metrics = {};
  for (const { name, value, reason } of results) {
    metrics[name] = value;
    if (value === null) reasons[name] = reason;
  }
  return {
    metrics,
    reasons,
    classes,
    ...(branch.detection ? { detection: branch.detection } : {}),
    alignment: alignmentOf(videos, runs, frames_per_snippet),
    roc: thinCurve(rocCurve(all)),
    pr: thinCurve(prCurve(all)),
  };
}

/**
 * The warning that an alignment calls for, or null where the data set has named its videos: one
 * video differs by more than two snippets, or more than 1 % of all frames were cut. That is nearly
 * always ground truth and features of different origin.
 */
export function alignmentWarning(
  alignment: Alignment,
  named: readonly string[] = [],
): string | null {
  const { frames, cut, extended, suspicious } = alignment;
  if (suspicious.every((id) => named.includes(id))) return null;
  const shown = suspicious.slice(0, 10).join(", ");
  const more = suspicious.length > 10 ? ` and ${suspicious.length - 10} more` : "";
  const done = extended > 0 ? `extended by ${extended}` : `cut by ${cut}`;
  return `Scores and ground truth differ in length, ${done} frames to ${frames} in all: check that features and ground truth belong together for ${shown}${more}`;
}

const unbounded = "the scores of this head are unbounded: a fixed threshold means nothing";

/**
 * All videos' runs in one descending order, of which any choice of videos is ranked without sorting
 * again.
 */
class Ranking {
  readonly #weighted: WeightedScores;
  readonly #order: Uint32Array;
  readonly #videoOf: Uint32Array;

  constructor(runs: FrameRuns[]) {
    const count = runs.reduce((sum, run) => sum + run.scores.length, 0);
    const scores = new Float32Array(count);
    const positives = new Int32Array(count);
    const negatives = new Int32Array(count);
    this.#videoOf = new Uint32Array(count);
    let offset = 0;
    runs.forEach((run, video) => {
      scores.set(run.scores, offset);
      positives.set(run.positives, offset);
      negatives.set(run.negatives, offset);
      this.#videoOf.fill(video, offset, offset + run.scores.length);
      offset += run.scores.length;
    });
    this.#weighted = { scores, positives, negatives };
    // Runs that were cut away would add points without frames to the curves.
    this.#order = descendingOrder(scores).filter((run) => positives[run] + negatives[run] > 0);
  }

  /** @param members whether each video counts */
  curveOf(members: boolean[]): RankCurve {
    const order = this.#order.filter((run) => members[this.#videoOf[run]]);
    return rankCurve(this.#weighted, order);
  }
}

function falseAlarmRate(videos: ScoredVideo[], runs: FrameRuns[], threshold: number): Result {
  // float32 scores against a float32 threshold, as numpy compares them:
  // a score of exactly 0.3 is no alarm.
  const limit = Math.fround(threshold);
  let frames = 0;
  let alarms = 0;
  videos.forEach((video, v) => {
    if (video.anomalous) return;
    const { scores, positives, negatives } = runs[v];
    frames += runs[v].frames;
    for (let run = 0; run < scores.length; run++) {
      if (scores[run] > limit) alarms += positives[run] + negatives[run];
    }
  });
  const value = frames === 0 ? null : alarms / frames;
  return { name: "far_normal", value, reason: "there is no frame of a normal test video" };
}

function videoAccuracy(videos: ScoredVideo[]): Result {
  let right = 0;
  for (const video of videos) {
    if (video.scores.some((score) => score > videoThreshold) === video.anomalous) right++;
  }
  return { name: "video_acc", value: right / videos.length, reason: "" };
}

function alignmentOf(
  videos: ScoredVideo[],
  runs: FrameRuns[],
  framesPerSnippet: number,
): Alignment {
  const lengths = videos.map((video, v) => {
    const { scoredFrames, frames } = runs[v];
    const known = video.videoFrames ?? frames;
    const given = [scoredFrames, video.frames, known];
    return {
      difference: scoredFrames - video.frames,
      fromVideo: frames - known,
      cut: Math.max(...given) - Math.min(frames, Math.max(...given)),
      extended: Math.max(0, frames - Math.min(...given)),
    };
  });
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const frames = sum(runs.map((run) => run.frames));
  const cut = sum(lengths.map((length) => length.cut));
  const differently = sum(lengths.map(({ difference }) => Math.abs(difference)));
  const muchCut = cut > 0 && differently > 0.01 * (frames + differently);
  const tolerated = muchCut ? 0 : 2 * framesPerSnippet;
  const off = offGrid(lengths.map(({ fromVideo }) => fromVideo), frames, framesPerSnippet);
  const lost = videos.map((video, v) => behind(video.marked ?? video.groundTruth, runs[v].frames));
  return {
    frames,
    cut,
    extended: sum(lengths.map((length) => length.extended)),
    events: sum(videos.map((video) => (video.marked ?? video.groundTruth).length)),
    events_cut: sum(lost.map(({ events }) => events)),
    anomalous_cut: sum(lost.map(({ frames }) => frames)),
    suspicious: videos.filter((_, v) => Math.abs(lengths[v].difference) > tolerated || off[v]).map((
      video,
    ) => video.id),
  };
}

function checkVideos(videos: ScoredVideo[]): void {
  if (videos.length === 0) {
    throw fault(
      RangeError,
      "Cannot evaluate: expected at least one scored test video, found none; set data.test",
    );
  }
  const ids = new Set<string>();
  for (const { id } of videos) {
    if (ids.has(id)) {
      throw fault(
        RangeError,
        `Cannot evaluate: the test video "${id}" was scored twice; list every video once`,
      );
    }
    ids.add(id);
  }
}
