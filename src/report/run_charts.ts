/** The numbers behind the charts of a run report, thinned to what a screen can show. */

import type { Curve, ScoredVideo } from "../metrics/evaluation.ts";
import type { Spread } from "../metrics/frame_scores.ts";
import {
  type ScoreStep,
  scoreSteps,
  segmentBounds,
  snippetBounds,
} from "../frames/frame_bounds.ts";
import type { LoggedEvaluation, LoggedStep, LogLine } from "../run_folder/log.ts";
import { separations } from "./separation.ts";
import { thin } from "./thin.ts";

/** Lines over the same steps; a missing value is null. */
export interface StepChart {
  steps: number[];
  series: { name: string; values: (number | null)[] }[];
}

/**
 * Score curve of a video as the page draws it: `y[i]` from frame `x[i]` to the next, then to `end`.
 */
export interface VideoChart {
  id: string;
  className: string;
  anomalous: boolean;
  frames: number;
  truth: [number, number][];
  /** Frames, or their constant distance, beginning at 0. */
  x: number[] | number;
  y: (number | null)[];
  /** The scores at the same frames before they were smoothed; absent where they were not. */
  given?: (number | null)[];
  end: number;
  /** Points of the curve before thinning. */
  points: number;
  /** Highest score and the first frame of it, before thinning. */
  peak: { score: number | null; frame: number };
  separation: number | null;
}

// About two points a pixel of a wide chart: 250 groups of 2 ends and 2 extremes.
const BUCKETS = 250;

function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

function short(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toPrecision(digits));
}

/**
 * Loss and its terms over the logged steps; the terms add up to the loss. `weights` are for
 * lines of earlier versions, whose terms stand before their weight.
 */
export function lossChart(log: LogLine[], weights: Record<string, number> = {}): StepChart {
  const lines = log.filter((line): line is LoggedStep => line.kind === "step");
  const names = [...new Set(lines.flatMap((line) => Object.keys(line.terms)))];
  const all = [
    { name: "loss", values: lines.map((line) => finite(line.loss)) },
    // A single term is the loss once more.
    ...(names.length > 1 ? names : []).map((name) => ({
      name,
      values: lines.map((line) => {
        const value = finite(line.terms[name]);
        return value === null || line.weighted ? value : value * (weights[name] ?? 1);
      }),
    })),
  ];
  const kept = Array.from(thin(all.map(({ values }) => values.map((v) => v ?? NaN)), BUCKETS));
  return {
    steps: kept.map((i) => lines[i].step),
    series: all.map(({ name, values }) => ({
      name,
      values: kept.map((i) => short(values[i], 5)),
    })),
  };
}

/** The given metrics over the evaluations of the run; one that was never defined is left out. */
export function metricChart(log: LogLine[], metrics: string[]): StepChart {
  const lines = log.filter((line): line is LoggedEvaluation => line.kind === "eval");
  return {
    steps: lines.map((line) => line.step),
    series: metrics
      .map((name) => ({ name, values: lines.map((line) => finite(line.metrics[name])) }))
      .filter(({ values }) => values.some((value) => value !== null)),
  };
}

/** A ROC or PR curve with ascending x, thinned. */
export function curveChart({ x, y }: Curve): Curve {
  const kept = Array.from(thin([y], 2 * BUCKETS));
  if (x.length > 1 && x[0] > x[x.length - 1]) kept.reverse();
  return { x: kept.map((i) => short(x[i], 6)!), y: kept.map((i) => short(y[i], 6)!) };
}

function stepsOf(video: ScoredVideo, spread: Spread, framesPerSnippet: number): ScoreStep[] {
  const { scores, frames } = video;
  if (spread === "snippets") {
    return scoreSteps(scores, snippetBounds(scores.length, framesPerSnippet), frames);
  }
  const steps = scoreSteps(
    scores,
    segmentBounds(video.videoFrames ?? frames, scores.length),
    frames,
  );
  // As in the evaluation, frames after the last segment score 0.
  const end = steps.at(-1)?.end ?? 0;
  return end < frames ? [...steps, { start: end, end: frames, score: 0 }] : steps;
}

/**
 * The score curves of the test videos, in the given order.
 *
 * @param given the same videos before their scores were smoothed; null where they were not
 */
export function videoCharts(
  videos: ScoredVideo[],
  spread: Spread,
  framesPerSnippet: number,
  given: ScoredVideo[] | null = null,
): VideoChart[] {
  const stepped = videos.map((video) => ({
    steps: stepsOf(video, spread, framesPerSnippet),
    groundTruth: video.groundTruth,
  }));
  const separation = separations(stepped);
  return videos.map((video, v) => {
    const { steps } = stepped[v];
    const x: number[] = [];
    const y: number[] = [];
    const before = given && stepsOf(given[v], spread, framesPerSnippet);
    const unsmoothed: number[] = [];
    let end = 0;
    let peak = { score: -Infinity, frame: 0 };
    for (const [i, step] of steps.entries()) {
      if (step.start > end) {
        x.push(end);
        y.push(NaN); // frames without a score: a gap
        unsmoothed.push(NaN);
      }
      x.push(step.start);
      y.push(step.score);
      unsmoothed.push(before?.[i].score ?? NaN);
      end = step.end;
      if (step.score > peak.score) peak = { score: step.score, frame: step.start };
    }
    const curves = before === null ? [y] : [y, unsmoothed];
    const kept = Array.from(thin(curves, 2 * BUCKETS));
    const distance = x.length > 1 ? x[1] : end;
    const regular = kept.length === x.length && x.every((frame, i) => frame === i * distance);
    return {
      id: video.id.toWellFormed(),
      className: video.className.toWellFormed(),
      anomalous: video.anomalous,
      frames: video.frames,
      truth: video.groundTruth.map(({ start, end }) => [start, end]),
      x: regular ? distance : kept.map((i) => x[i]),
      y: kept.map((i) => short(finite(y[i]), 4)),
      ...(before === null ? {} : { given: kept.map((i) => short(finite(unsmoothed[i]), 4)) }),
      end,
      points: y.length,
      peak: { score: short(finite(peak.score), 5), frame: peak.frame },
      separation: short(separation[v], 5),
    };
  });
}
