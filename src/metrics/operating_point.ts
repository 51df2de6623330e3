/** One threshold with what it finds and what it costs, as result.json and the report give it. */

import { chooseThreshold, indexAt, type OperatingCurve } from "./operating_curve.ts";
import { parseThresholdRule, type ThresholdRule, thresholdRuleText } from "./threshold_rule.ts";

/** Found, falsely alarmed, missed, rightly left alone. */
export interface Confusion {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** What an alarm above a threshold means; shares are null where they are of nothing. */
export interface OperatingPoint {
  rule: string;
  threshold: number;
  /** Over frames. */
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Share of all normal frames that are above the threshold. */
  false_positive_rate: number | null;
  /** Unbroken runs of frames above the threshold in normal videos, and how often they come. */
  false_alarms: number;
  false_alarms_per_normal_video: number | null;
  false_alarms_per_hour: number | null;
  frames: Confusion;
  videos: Confusion;
}

/** Rules that every report marks. */
const MARKED_RULES: ThresholdRule[] = ["best_f1", "fpr=0.01", "fpr=0.05", "far=1/h"]
  .map(parseThresholdRule);

/** The point at a threshold. */
export function operatingPoint(
  curve: OperatingCurve,
  threshold: number,
  rule = String(threshold),
): OperatingPoint {
  const { totals } = curve;
  const at = indexAt(curve, threshold);
  // Below every score all is alarm, without a break in any video.
  const count = (counts: Float64Array, all: number) => at === null ? all : counts[at];
  const frames = confusion(
    count(curve.truePositives, totals.anomalousFrames),
    count(curve.falsePositives, totals.normalFrames),
    totals.anomalousFrames,
    totals.normalFrames,
  );
  const videos = confusion(
    count(curve.anomalousVideos, totals.anomalousVideos),
    count(curve.normalVideos, totals.normalVideos),
    totals.anomalousVideos,
    totals.normalVideos,
  );
  const alarms = count(curve.falseAlarms, totals.normalVideos);
  return {
    rule,
    threshold,
    precision: share(frames.tp, frames.tp + frames.fp),
    recall: share(frames.tp, totals.anomalousFrames),
    f1: totals.anomalousFrames === 0
      ? null
      : share(2 * frames.tp, 2 * frames.tp + frames.fp + frames.fn),
    false_positive_rate: share(frames.fp, totals.normalFrames),
    false_alarms: alarms,
    false_alarms_per_normal_video: share(alarms, totals.normalVideos),
    false_alarms_per_hour: share(alarms, totals.normalHours),
    frames,
    videos,
  };
}

/** The point that a rule chooses; null where it chooses none. */
function pointBy(curve: OperatingCurve, rule: ThresholdRule): OperatingPoint | null {
  const threshold = chooseThreshold(curve, rule);
  return threshold === null ? null : operatingPoint(curve, threshold, thresholdRuleText(rule));
}

/** The chosen point, and those that every report marks. */
export interface ChosenThreshold {
  /** Null where the rule chooses none. */
  chosen: OperatingPoint | null;
  rule: string;
  marks: OperatingPoint[];
  normal_hours: number;
}

/** Every threshold that result.json names. */
export function chosenThreshold(curve: OperatingCurve, rule: ThresholdRule): ChosenThreshold {
  return {
    rule: thresholdRuleText(rule),
    chosen: pointBy(curve, rule),
    marks: MARKED_RULES.map((rule) => pointBy(curve, rule)).filter((point) => point !== null),
    normal_hours: curve.totals.normalHours,
  };
}

function confusion(tp: number, fp: number, positives: number, negatives: number): Confusion {
  return { tp, fp, fn: positives - tp, tn: negatives - fp };
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
