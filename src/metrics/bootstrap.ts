/**
 * How far an area would move with other videos of the same kind: a bootstrap over whole videos,
 * since the frames of a video are not independent. Normal and anomalous videos are drawn apart, as
 * many of each as there are.
 */

import type { Tell } from "../progress.ts";
import { Random } from "../random.ts";
import type { EvalOptions } from "./eval_options.ts";
import { evaluatedRuns, smoothedVideos } from "./evaluated_runs.ts";
import type { ScoredVideo } from "./evaluation.ts";
import { descendingOrder } from "./rank_curve.ts";

/** Ends of the 95 % interval: the 2.5 % and 97.5 % quantiles of the resampled values. */
export interface Interval {
  low: number;
  high: number;
}

/** Metrics that have an interval. */
export const intervalMetrics = [
  "roc_auc",
  "pr_auc",
  "ap",
  "abnormal_auc",
  "abnormal_pr_auc",
  "abnormal_ap",
] as const;
export type IntervalMetric = typeof intervalMetrics[number];
export type Intervals = Partial<Record<IntervalMetric, Interval>>;

/** How often all videos are drawn anew. */
export const RESAMPLES = 10_000;
/** Quantiles of fewer values say nothing. */
const FEWEST = 100;
/** The same draws for every run: differences between runs are over the same videos. */
const SEED = 0;

/**
 * 95 % intervals; a metric that is undefined in more than a tenth of the resamples has none.
 *
 * @throws {RangeError} what `frameRuns` refuses
 */
export function bootstrapIntervals(
  videos: ScoredVideo[],
  options: EvalOptions,
  { resamples = options.bootstrap ?? RESAMPLES, tell }: { resamples?: number; tell?: Tell } = {},
): Intervals {
  if (resamples === 0) return {};
  const areas = new ResampledAreas(videos, options);
  const values = draws(videos, resamples, (weights) => [areas.of(weights)], tell)[0];
  return intervalsOf(values, resamples);
}

/** A metric of two runs over the same videos. */
export interface PairedDifference extends Interval {
  /** First less second, over all videos. */
  difference: number;
  /** Twice the share of resamples whose difference is 0 or of the other sign, at most 1. */
  p: number;
}

/**
 * Differences, first less second, with their 95 % intervals over the same resamples. Both lists
 * have the same videos in the same order.
 *
 * @throws {RangeError} lists of different videos, or what `frameRuns` refuses
 */
export function pairedDifferences(
  [first, second]: readonly [ScoredVideo[], ScoredVideo[]],
  [ofFirst, ofSecond]: readonly [EvalOptions, EvalOptions],
  { resamples = RESAMPLES, tell }: { resamples?: number; tell?: Tell } = {},
): Partial<Record<IntervalMetric, PairedDifference>> {
  const same = first.length === second.length &&
    first.every(({ id, anomalous }, v) => id === second[v].id && anomalous === second[v].anomalous);
  if (!same) throw new RangeError("Paired differences are over the same videos in the same order");
  const [a, b] = [new ResampledAreas(first, ofFirst), new ResampledAreas(second, ofSecond)];
  const [inA, inB] = draws(first, resamples, (weights) => [a.of(weights), b.of(weights)], tell);
  const differences = inA.map((values, m) => values.map((value, i) => value - inB[m][i]));
  const whole = new Float64Array(first.length).fill(1);
  const [allA, allB] = [a.of(whole), b.of(whole)];
  const intervals = intervalsOf(differences, resamples);
  const found: Partial<Record<IntervalMetric, PairedDifference>> = {};
  intervalMetrics.forEach((name, m) => {
    const interval = intervals[name];
    if (interval === undefined) return;
    const difference = allA[m] - allB[m];
    const defined = differences[m].filter(Number.isFinite);
    const other = defined.filter((value) => difference > 0 ? value <= 0 : value >= 0).length;
    const p = difference === 0 ? 1 : Math.min(1, 2 * other / defined.length);
    found[name] = { difference, ...interval, p };
  });
  return found;
}

/** Values by run and metric, [runs][metrics][resamples]. */
function draws(
  videos: ScoredVideo[],
  resamples: number,
  areasOf: (weights: Float64Array) => Float64Array[],
  tell?: Tell,
): Float64Array[][] {
  const random = new Random(SEED, "bootstrap");
  const kinds = [true, false].map((kind) =>
    videos.flatMap(({ anomalous }, v) => anomalous === kind ? [v] : [])
  );
  const weights = new Float64Array(videos.length);
  const values: Float64Array[][] = [];
  for (let i = 0; i < resamples; i++) {
    weights.fill(0);
    for (const kind of kinds) {
      for (let n = 0; n < kind.length; n++) weights[kind[random.integer(kind.length)]]++;
    }
    areasOf(weights).forEach((areas, run) => {
      values[run] ??= Array.from(areas, () => new Float64Array(resamples));
      areas.forEach((area, m) => values[run][m][i] = area);
    });
    tell?.("confidence intervals: draw", i + 1, resamples);
  }
  return values;
}

function intervalsOf(values: readonly Float64Array[], resamples: number): Intervals {
  const intervals: Intervals = {};
  intervalMetrics.forEach((name, m) => {
    const sorted = values[m].filter(Number.isFinite).sort();
    if (sorted.length < FEWEST || sorted.length < 0.9 * resamples) return;
    intervals[name] = { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  });
  return intervals;
}

/** Linear between neighbours, as numpy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** All frames in one order, of which the areas are taken with any weights of the videos. */
class ResampledAreas {
  readonly #all: Ranked;
  readonly #abnormal: Ranked;

  constructor(given: ScoredVideo[], options: EvalOptions) {
    const videos = smoothedVideos(given, options);
    const runs = evaluatedRuns(videos, options);
    const rows = videos.flatMap(({ anomalous }, video) => {
      const { scores, positives, negatives } = runs[video];
      return Array.from(scores, (score, i) => ({
        ...{ score, video, anomalous },
        ...{ positive: positives[i], negative: negatives[i] },
      })).filter(({ positive, negative }) => positive + negative > 0);
    });
    this.#all = rankedOf(rows);
    this.#abnormal = rankedOf(rows.filter(({ anomalous }) => anomalous));
  }

  /** In the order of `intervalMetrics`; NaN where a kind of frames is missing. */
  of(weights: Float64Array): Float64Array {
    const areas = new Float64Array(intervalMetrics.length);
    weightedAreas(this.#all, weights, areas, 0);
    weightedAreas(this.#abnormal, weights, areas, 3);
    return areas;
  }
}

/**
 * Rows from the highest score down, as blocks of equal scores that hold anomalous frames and what
 * lies above each: normal frames alone, of which only the sum of each video matters. Rows
 * `above[k]` to `block[k]` are those above block k, the block ends at `above[k + 1]`.
 */
interface Ranked {
  video: Uint32Array;
  positives: Float64Array;
  negatives: Float64Array;
  above: number[];
  block: number[];
}

interface Row {
  score: number;
  video: number;
  positive: number;
  negative: number;
}

function rankedOf(rows: Row[]): Ranked {
  const order = descendingOrder(Float64Array.from(rows, ({ score }) => score));
  const kept: Omit<Row, "score">[] = [];
  const [above, block] = [[0], [] as number[]];
  let waiting = new Map<number, number>();
  for (let first = 0; first < order.length;) {
    let end = first + 1;
    while (end < order.length && rows[order[end]].score === rows[order[first]].score) end++;
    const tied = Array.from(order.subarray(first, end), (i) => rows[i]);
    first = end;
    if (tied.some(({ positive }) => positive > 0)) {
      for (const [video, negative] of waiting) kept.push({ video, positive: 0, negative });
      waiting = new Map();
      block.push(kept.length);
      for (const row of tied) kept.push(row);
      above.push(kept.length);
    } else {
      for (const { video, negative } of tied) {
        waiting.set(video, (waiting.get(video) ?? 0) + negative);
      }
    }
  }
  for (const [video, negative] of waiting) kept.push({ video, positive: 0, negative });
  block.push(kept.length);
  return {
    video: Uint32Array.from(kept, ({ video }) => video),
    positives: Float64Array.from(kept, ({ positive }) => positive),
    negatives: Float64Array.from(kept, ({ negative }) => negative),
    above,
    block,
  };
}

/** The areas of rank_curve.ts in one pass: ROC-AUC, PR-AUC, AP from `place` on. */
function weightedAreas(
  { video, positives, negatives, above, block }: Ranked,
  weights: Float64Array,
  areas: Float64Array,
  place: number,
): void {
  let [tp, fp, twice, pr, ap] = [0, 0, 0, 0, 0];
  for (let k = 0; k < block.length; k++) {
    const fpBefore = fp;
    for (let i = above[k]; i < block[k]; i++) fp += weights[video[i]] * negatives[i];
    twice += 2 * (fp - fpBefore) * tp;
    if (k === block.length - 1) break;
    const precisionAbove = tp + fp === 0 ? 1 : tp / (tp + fp);
    const [tpAbove, fpAbove] = [tp, fp];
    for (let i = block[k]; i < above[k + 1]; i++) {
      const weight = weights[video[i]];
      tp += weight * positives[i];
      fp += weight * negatives[i];
    }
    if (tp === tpAbove && fp === fpAbove) continue;
    const precision = tp / (tp + fp);
    twice += (fp - fpAbove) * (tp + tpAbove);
    pr += (tp - tpAbove) * (precision + precisionAbove) / 2;
    ap += (tp - tpAbove) * precision;
  }
  areas[place] = twice / (2 * tp * fp);
  areas[place + 1] = pr / tp;
  areas[place + 2] = ap / tp;
}
