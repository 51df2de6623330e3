/**
 * ROC and precision-recall curves over weighted scores, and the areas under them, as scikit-learn
 * 1.2.1 computes them over single frames (sklearn/metrics/_ranking.py).
 *
 * Counts stay integers, exact in doubles up to 2^53; ratios are taken once, at the end.
 */

import { fault } from "../fault.ts";
import type { Curve } from "./evaluation.ts";

/** Scores, each standing for a number of anomalous and of normal frames, at least one in all. */
export interface WeightedScores {
  scores: Float32Array | Float64Array;
  positives: ArrayLike<number>;
  negatives: ArrayLike<number>;
}

/**
 * Frames whose score reaches each distinct score, from the highest down: the last elements are all
 * the anomalous and all the normal frames.
 */
export interface RankCurve {
  truePositives: Float64Array;
  falsePositives: Float64Array;
}

/**
 * Indices of the scores from the highest down; equal scores keep their order.
 *
 * @throws {RangeError} a score that is not finite: it has no place in an order
 */
export function descendingOrder(scores: Float32Array | Float64Array): Uint32Array {
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) {
      throw fault(
        RangeError,
        `Cannot rank the scores: score ${i} is ${scores[i]}, expected a finite number`,
      );
    }
  }
  return Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
}

/**
 * Counts along the descending scores. Equal scores, 0 and -0 among them, are one step.
 *
 * @param order descending order of all scores, or of those that count
 */
export function rankCurve(
  { scores, positives, negatives }: WeightedScores,
  order: Uint32Array = descendingOrder(scores),
): RankCurve {
  const truePositives = new Float64Array(order.length);
  const falsePositives = new Float64Array(order.length);
  let steps = 0;
  let tp = 0;
  let fp = 0;
  for (let i = 0; i < order.length; i++) {
    tp += positives[order[i]];
    fp += negatives[order[i]];
    if (i + 1 < order.length && scores[order[i + 1]] === scores[order[i]]) continue;
    truePositives[steps] = tp;
    falsePositives[steps] = fp;
    steps++;
  }
  return {
    truePositives: truePositives.subarray(0, steps),
    falsePositives: falsePositives.subarray(0, steps),
  };
}

/** Area under the ROC curve; null without an anomalous or without a normal frame. */
export function rocAuc(curve: RankCurve): number | null {
  const { truePositives, falsePositives } = curve;
  const { positives, negatives } = totals(curve);
  if (positives === 0 || negatives === 0) return null;
  // Twice the trapezoids in units of one pair of frames: an integer, at most 2 P N.
  let twice = 0;
  let tp = 0;
  let fp = 0;
  for (let i = 0; i < truePositives.length; i++) {
    twice += (falsePositives[i] - fp) * (truePositives[i] + tp);
    tp = truePositives[i];
    fp = falsePositives[i];
  }
  return twice / (2 * positives * negatives);
}

/** Area under the precision-recall curve by trapezoids; null without an anomalous frame. */
export function prAuc(curve: RankCurve): number | null {
  const { positives } = totals(curve);
  if (positives === 0) return null;
  let area = 0;
  let before = 1;
  let tp = 0;
  for (let i = 0; i < curve.truePositives.length; i++) {
    const precision = precisionAt(curve, i);
    area += (curve.truePositives[i] - tp) * (precision + before) / 2;
    tp = curve.truePositives[i];
    before = precision;
  }
  return area / positives;
}

/** Average precision, the same area by steps; null without an anomalous frame. */
export function averagePrecision(curve: RankCurve): number | null {
  const { positives } = totals(curve);
  if (positives === 0) return null;
  let area = 0;
  let tp = 0;
  for (let i = 0; i < curve.truePositives.length; i++) {
    area += (curve.truePositives[i] - tp) * precisionAt(curve, i);
    tp = curve.truePositives[i];
  }
  return area / positives;
}

/**
 * Points of the ROC curve, false positive rate against true positive rate, from (0, 0) to (1, 1),
 * without interior points on a straight line (`drop_intermediate`); empty where the area is null.
 */
export function rocCurve(curve: RankCurve): Curve {
  const { truePositives: tp, falsePositives: fp } = curve;
  const { positives, negatives } = totals(curve);
  if (positives === 0 || negatives === 0) return { x: [], y: [] };
  const x = [0];
  const y = [0];
  for (let i = 0; i < tp.length; i++) {
    const interior = i > 0 && i < tp.length - 1;
    const straight = interior && fp[i + 1] - fp[i] === fp[i] - fp[i - 1] &&
      tp[i + 1] - tp[i] === tp[i] - tp[i - 1];
    if (straight) continue;
    x.push(fp[i] / negatives);
    y.push(tp[i] / positives);
  }
  return { x, y };
}

/**
 * Points of the precision-recall curve, recall against precision, in the order of scikit-learn:
 * from the lowest score to the highest, then (0, 1); all points are kept; empty where the area is
 * null.
 */
export function prCurve(curve: RankCurve): Curve {
  const { positives } = totals(curve);
  if (positives === 0) return { x: [], y: [] };
  const x: number[] = [];
  const y: number[] = [];
  for (let i = curve.truePositives.length - 1; i >= 0; i--) {
    x.push(curve.truePositives[i] / positives);
    y.push(precisionAt(curve, i));
  }
  x.push(0);
  y.push(1);
  return { x, y };
}

function totals({ truePositives, falsePositives }: RankCurve) {
  return { positives: truePositives.at(-1) ?? 0, negatives: falsePositives.at(-1) ?? 0 };
}

function precisionAt({ truePositives, falsePositives }: RankCurve, i: number): number {
  return truePositives[i] / (truePositives[i] + falsePositives[i]);
}
