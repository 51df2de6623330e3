/**
 * What happens at every threshold: frames and videos found or falsely alarmed, and how often an
 * alarm goes off over normal video.
 */

import type { EvalOptions } from "./eval_options.ts";
import { evaluatedRuns, smoothedVideos } from "./evaluated_runs.ts";
import type { ScoredVideo } from "./evaluation.ts";
import type { FrameRuns } from "./frame_scores.ts";
import type { ThresholdRule } from "./threshold_rule.ts";

/** Counts of everything, against which those of a threshold are held. */
export interface OperatingTotals {
  anomalousFrames: number;
  normalFrames: number;
  anomalousVideos: number;
  normalVideos: number;
  /** Hours of the normal videos. */
  normalHours: number;
}

/**
 * Counts of scores strictly above each distinct score, from the highest down. The first threshold
 * raises no alarm; one that alarms always is none of them.
 */
export interface OperatingCurve {
  thresholds: Float64Array;
  /** Anomalous and normal frames above the threshold. */
  truePositives: Float64Array;
  falsePositives: Float64Array;
  /** Videos with a score above it. */
  anomalousVideos: Float64Array;
  normalVideos: Float64Array;
  /** Times at which a normal video rises above it: its unbroken runs of frames above it. */
  falseAlarms: Float64Array;
  totals: OperatingTotals;
}

/** What a score adds to the counts of every lower threshold. */
interface Change {
  score: number;
  positives?: number;
  negatives?: number;
  anomalousVideos?: number;
  normalVideos?: number;
  falseAlarms?: number;
}

/**
 * Counts at every threshold, over the frames that the metrics are taken of.
 *
 * @param fps frames a second of the videos, for the hours
 * @throws {RangeError} what `frameRuns` refuses
 */
export function operatingCurve(
  given: ScoredVideo[],
  options: EvalOptions,
  fps: number,
): OperatingCurve {
  const videos = smoothedVideos(given, options);
  const runs = evaluatedRuns(videos, options);
  const changes = videos.flatMap((video, v) => changesOf(video.anomalous, runs[v]));
  changes.sort((a, b) => b.score - a.score);
  const columns = {
    thresholds: [] as number[],
    truePositives: [] as number[],
    falsePositives: [] as number[],
    anomalousVideos: [] as number[],
    normalVideos: [] as number[],
    falseAlarms: [] as number[],
  };
  const sums = { positives: 0, negatives: 0, anomalousVideos: 0, normalVideos: 0, falseAlarms: 0 };
  changes.forEach((change, i) => {
    if (i === 0 || change.score !== changes[i - 1].score) {
      columns.thresholds.push(change.score);
      columns.truePositives.push(sums.positives);
      columns.falsePositives.push(sums.negatives);
      columns.anomalousVideos.push(sums.anomalousVideos);
      columns.normalVideos.push(sums.normalVideos);
      columns.falseAlarms.push(sums.falseAlarms);
    }
    sums.positives += change.positives ?? 0;
    sums.negatives += change.negatives ?? 0;
    sums.anomalousVideos += change.anomalousVideos ?? 0;
    sums.normalVideos += change.normalVideos ?? 0;
    sums.falseAlarms += change.falseAlarms ?? 0;
  });
  const normal = videos.flatMap((video, v) => video.anomalous ? [] : [runs[v].frames]);
  return {
    thresholds: Float64Array.from(columns.thresholds),
    truePositives: Float64Array.from(columns.truePositives),
    falsePositives: Float64Array.from(columns.falsePositives),
    anomalousVideos: Float64Array.from(columns.anomalousVideos),
    normalVideos: Float64Array.from(columns.normalVideos),
    falseAlarms: Float64Array.from(columns.falseAlarms),
    totals: {
      anomalousFrames: sums.positives,
      normalFrames: sums.negatives,
      anomalousVideos: videos.length - normal.length,
      normalVideos: normal.length,
      normalHours: normal.reduce((sum, frames) => sum + frames, 0) / fps / 3600,
    },
  };
}

/** Of one video; runs that the alignment has cut away count nowhere. */
function changesOf(anomalous: boolean, { scores, positives, negatives }: FrameRuns): Change[] {
  const changes: Change[] = [];
  let highest = -Infinity;
  let before = -Infinity;
  for (let run = 0; run < scores.length; run++) {
    if (positives[run] + negatives[run] === 0) continue;
    const score = scores[run];
    changes.push({
      score,
      positives: positives[run],
      negatives: negatives[run],
      falseAlarms: anomalous ? 0 : 1,
    });
    // Two neighbours above the threshold are one alarm.
    if (!anomalous && before > -Infinity) {
      changes.push({ score: Math.min(score, before), falseAlarms: -1 });
    }
    highest = Math.max(highest, score);
    before = score;
  }
  if (highest > -Infinity) {
    changes.push({ score: highest, [anomalous ? "anomalousVideos" : "normalVideos"]: 1 });
  }
  return changes;
}

/** Index of the counts that hold at a threshold: those of the next distinct score at or below. */
export function indexAt({ thresholds }: OperatingCurve, threshold: number): number | null {
  // float32 scores against a float32 threshold, as far_normal compares them.
  const limit = Math.fround(threshold);
  let [low, high] = [0, thresholds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle] > limit) low = middle + 1;
    else high = middle;
  }
  return low < thresholds.length ? low : null;
}

/**
 * The threshold that a rule chooses; null where there is none: no anomalous frame for F1, no normal
 * one for a rate of false alarms. Of equal F1 the highest threshold is taken.
 */
export function chooseThreshold(curve: OperatingCurve, rule: ThresholdRule): number | null {
  const { thresholds, falsePositives, falseAlarms, totals } = curve;
  if (rule.kind === "fixed") return rule.threshold;
  if (rule.kind === "best_f1") return bestF1(curve);
  const counts = rule.kind === "fpr" ? falsePositives : falseAlarms;
  const most = rule.kind === "fpr"
    ? rule.most * totals.normalFrames
    : rule.perHour * totals.normalHours;
  if (totals.normalFrames === 0 || (rule.kind === "far" && totals.normalHours === 0)) return null;
  // From the highest on: alarms merge as a threshold falls, so their number may fall again.
  const beyond = counts.findIndex((count) => count > most);
  const chosen = beyond < 0 ? thresholds.length - 1 : beyond - 1;
  return chosen < 0 ? null : thresholds[chosen];
}

function bestF1({ thresholds, truePositives, falsePositives, totals }: OperatingCurve) {
  let best = 0;
  let chosen: number | null = null;
  for (let i = 0; i < thresholds.length; i++) {
    const found = truePositives[i];
    const f1 = 2 * found / (found + falsePositives[i] + totals.anomalousFrames);
    if (f1 > best) [best, chosen] = [f1, thresholds[i]];
  }
  return chosen;
}
