/** The numbers behind the threshold slider of a report, thinned to what a slider can reach. */

import type { Curve } from "../metrics/evaluation.ts";
import { indexAt, type OperatingCurve, type OperatingTotals } from "../metrics/operating_curve.ts";
import type { RunReport } from "./run_facts.ts";

/** Columns with an entry a threshold, from the highest down. */
export interface ThresholdChart {
  thresholds: number[];
  tp: number[];
  fp: number[];
  anomalousVideos: number[];
  normalVideos: number[];
  falseAlarms: number[];
  totals: OperatingTotals;
  /** Entry at which the page opens. */
  start: number;
  /** Entry of each marked rule. */
  marks: { rule: string; at: number }[];
  histogram: Histogram;
}

/** Shares of normal and of anomalous frames in bins of equal width between `edges`. */
export interface Histogram {
  edges: number[];
  normal: number[];
  anomalous: number[];
}

/** Thresholds kept along each of both rates. */
const KEPT = 150;
const BINS = 40;

/** Null without a threshold that says anything. */
export function thresholdChart({ operating, farThreshold, unboundedScores }: RunReport) {
  if (operating === null || operating.curve.thresholds.length === 0) return null;
  const { curve, choice } = operating;
  const points = [...choice.marks, ...(choice.chosen === null ? [] : [choice.chosen])]
    .map(({ rule, threshold }) => ({ rule, threshold }));
  if (!unboundedScores && indexAt(curve, farThreshold) !== null) {
    points.push({ rule: String(farThreshold), threshold: farThreshold });
  }
  const own = new Set(points.map(({ threshold }) => threshold));
  for (const i of keptIndices(curve)) own.add(curve.thresholds[i]);
  const thresholds = [...own].filter((threshold) => indexAt(curve, threshold) !== null)
    .sort((a, b) => b - a);
  const at = thresholds.map((threshold) => indexAt(curve, threshold)!);
  const column = (counts: Float64Array) => at.map((i) => counts[i]);
  const opened = choice.chosen?.threshold ?? points.at(-1)?.threshold ?? thresholds[0];
  const marks = new Map(points.map(({ rule, threshold }) => [rule, threshold]));
  const chart: ThresholdChart = {
    // Nine digits give the same float32 back; with fewer a score would lie above its own threshold.
    thresholds: thresholds.map((threshold) => Number(threshold.toPrecision(9))),
    tp: column(curve.truePositives),
    fp: column(curve.falsePositives),
    anomalousVideos: column(curve.anomalousVideos),
    normalVideos: column(curve.normalVideos),
    falseAlarms: column(curve.falseAlarms),
    totals: curve.totals,
    start: Math.max(0, thresholds.indexOf(opened)),
    marks: [...marks].map(([rule, threshold]) => ({ rule, at: thresholds.indexOf(threshold) }))
      .filter(({ at }) => at >= 0),
    histogram: histogram(curve, unboundedScores),
  };
  return chart;
}

/** Indices along recall in equal steps, and along false positives in steps that grow from 0 on. */
function keptIndices({ thresholds, truePositives, falsePositives, totals }: OperatingCurve) {
  const kept = new Set([0, thresholds.length - 1]);
  for (
    const [counts, all, power] of [
      [truePositives, totals.anomalousFrames, 1],
      [falsePositives, totals.normalFrames, 3],
    ] as const
  ) {
    let i = 0;
    for (let k = 1; k <= KEPT; k++) {
      while (i < counts.length - 1 && counts[i] < all * (k / KEPT) ** power) i++;
      kept.add(i);
    }
  }
  return kept;
}

function histogram(curve: OperatingCurve, unbounded: boolean): Histogram {
  const { thresholds, truePositives, falsePositives, totals } = curve;
  const [low, high] = unbounded ? [thresholds[thresholds.length - 1], thresholds[0]] : [0, 1];
  const width = (high - low) / BINS || 1;
  const edges = Array.from({ length: BINS + 1 }, (_, i) => low + i * width);
  const above = (counts: Float64Array, all: number) =>
    edges.map((edge, i) => {
      // The lowest score itself belongs to the first bin.
      const at = i === 0 ? null : indexAt(curve, edge);
      return at === null ? all : counts[at];
    });
  const shares = (counts: Float64Array, all: number) => {
    const beyond = above(counts, all);
    return beyond.slice(0, -1).map((count, i) =>
      all === 0 ? 0 : Number(((count - beyond[i + 1]) / all).toPrecision(4))
    );
  };
  return {
    edges: edges.map((edge) => Number(edge.toPrecision(6))),
    normal: shares(falsePositives, totals.normalFrames),
    anomalous: shares(truePositives, totals.anomalousFrames),
  };
}

/** Thresholds of the points of a ROC curve; null at its end, where all is alarm. */
export function rocThresholds(
  { x, y }: Curve,
  operating: RunReport["operating"],
): (number | null)[] {
  if (operating === null) return x.map(() => null);
  const { normalFrames, anomalousFrames } = operating.curve.totals;
  return x.map((rate, i) =>
    thresholdOf(operating.curve, rate * normalFrames + y[i] * anomalousFrames)
  );
}

/** Thresholds of the points of a precision-recall curve. */
export function prThresholds(
  { x, y }: Curve,
  operating: RunReport["operating"],
): (number | null)[] {
  if (operating === null) return x.map(() => null);
  const { anomalousFrames } = operating.curve.totals;
  return x.map((recall, i) =>
    y[i] > 0 ? thresholdOf(operating.curve, recall * anomalousFrames / y[i]) : null
  );
}

/** The threshold above which so many frames lie, which grow as it falls. */
function thresholdOf(
  { thresholds, truePositives, falsePositives }: OperatingCurve,
  frames: number,
): number | null {
  let [low, high] = [0, thresholds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (truePositives[middle] + falsePositives[middle] < frames - 0.5) low = middle + 1;
    else high = middle;
  }
  return low < thresholds.length ? Number(thresholds[low].toPrecision(4)) : null;
}
