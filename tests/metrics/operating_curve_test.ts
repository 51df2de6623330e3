import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { operatingChoice } from "../../src/metrics/choose_threshold.ts";
import { evaluate } from "../../src/metrics/evaluate.ts";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";
import {
  chooseThreshold,
  indexAt,
  type OperatingCurve,
  operatingCurve,
} from "../../src/metrics/operating_curve.ts";
import { operatingPoint } from "../../src/metrics/operating_point.ts";
import { parseThresholdRule, thresholdRuleText } from "../../src/metrics/threshold_rule.ts";
import { fakeVideos } from "../report/fake_run.ts";

function video(id: string, scores: number[], truth: [number, number][] = []): ScoredVideo {
  return {
    id,
    className: truth.length > 0 ? "Abuse" : "Normal",
    anomalous: truth.length > 0,
    scores: Float32Array.from(scores),
    frames: 16 * scores.length,
    groundTruth: truth.map(([start, end]) => ({ start, end })),
  };
}

/** One anomaly of 16 frames; two normal videos, the second of which alarms twice at 0.5. */
const few = [
  video("a", [0.25, 0.75], [[16, 32]]),
  video("n1", [0.125, 0.125]),
  video("n2", [0.625, 0.125, 0.625, 0.625]),
];

Deno.test("operatingCurve() counts frames, videos and false alarms strictly above each score", () => {
  const curve = operatingCurve(few, {}, 16);
  const { totals, ...columns } = curve;
  assertEquals(
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]])),
    {
      thresholds: [0.75, 0.625, 0.25, 0.125],
      truePositives: [0, 16, 16, 16],
      falsePositives: [0, 0, 48, 64],
      anomalousVideos: [0, 1, 1, 1],
      normalVideos: [0, 0, 1, 1],
      falseAlarms: [0, 0, 2, 2],
    },
  );
  // 96 frames at 16 a second are 6 s.
  assertEquals(totals, {
    anomalousFrames: 16,
    normalFrames: 112,
    anomalousVideos: 1,
    normalVideos: 2,
    normalHours: 6 / 3600,
  });
});

Deno.test("operatingPoint() says what a threshold finds and what it costs", () => {
  const { frames, videos, ...point } = operatingPoint(operatingCurve(few, {}, 16), 0.5);
  assertEquals(point, {
    rule: "0.5",
    threshold: 0.5,
    precision: 0.25,
    recall: 1,
    f1: 0.4,
    false_positive_rate: 48 / 112,
    false_alarms: 2,
    false_alarms_per_normal_video: 1,
    false_alarms_per_hour: 1200,
  });
  assertEquals(frames, { tp: 16, fp: 48, fn: 0, tn: 64 });
  assertEquals(videos, { tp: 1, fp: 1, fn: 0, tn: 1 });
});

Deno.test("operatingPoint() agrees with far_normal, with alarms counted one by one, and with F1", () => {
  const videos = fakeVideos(30);
  const curve = operatingCurve(videos, {}, 30);
  for (const threshold of [0.05, 0.3, 0.5, 0.9]) {
    const point = operatingPoint(curve, threshold);
    let alarms = 0;
    for (const { scores, anomalous } of videos) {
      if (anomalous) continue;
      scores.forEach((score, t) => {
        if (score > Math.fround(threshold) && !(scores[t - 1] > Math.fround(threshold))) alarms++;
      });
    }
    assertEquals(point.false_alarms, alarms);
    const normal = videos.filter(({ anomalous }) => !anomalous);
    const { metrics } = evaluate(videos, { far_threshold: threshold });
    const only = operatingPoint(operatingCurve(normal, {}, 30), threshold);
    assertEquals(only.false_positive_rate, metrics.far_normal);
    const { precision, recall, f1 } = point;
    assertAlmostEquals(f1!, 2 * precision! * recall! / (precision! + recall!), 1e-12);
  }
});

Deno.test("chooseThreshold() takes the largest F1, and the lowest threshold that a limit allows", () => {
  const curve = operatingCurve(few, {}, 16);
  const by = (rule: string | number) => chooseThreshold(curve, parseThresholdRule(rule));
  assertEquals(by("best_f1"), 0.625);
  assertEquals(by("fpr=0.01"), 0.625);
  assertEquals(by("fpr=50%"), 0.25);
  assertEquals(by("fpr=1"), 0.125);
  assertEquals(by("far=1/h"), 0.625);
  assertEquals(by("far=1200/h"), 0.125);
  assertEquals(by(0.3), 0.3);
});

Deno.test("chooseThreshold() stays above alarms that merge into fewer further down", () => {
  // At 0.5 three alarms, at 0.125 one that never ends.
  const merging = [
    video("a", [0.0625, 0.875], [[16, 32]]),
    video("n", [0.75, 0.25, 0.75, 0.25, 0.75, 0.0625]),
  ];
  const curve = operatingCurve(merging, {}, 16);
  const one = 1 / curve.totals.normalHours;
  assertEquals(chooseThreshold(curve, { kind: "far", perHour: one }), 0.75);
});

Deno.test("operatingChoice() names no threshold where nothing is anomalous, or nothing normal", () => {
  const normal = operatingChoice(few.slice(1), {}, 16).choice;
  assertEquals(normal.chosen, null);
  assertEquals(normal.marks.map(({ rule }) => rule), ["fpr=0.01", "fpr=0.05", "far=1/h"]);
  const anomalous = operatingChoice([video("a", [0.5, 0.25], [[0, 32]])], {}, 16).choice;
  assertEquals(anomalous.marks.map(({ rule }) => rule), ["best_f1"]);
});

Deno.test("operatingChoice() counts smoothed scores, as the metrics do", () => {
  const { curve } = operatingChoice(few, { smooth: { rule: "slide", width: 2 } }, 16);
  assertEquals(curve.thresholds[0], 0.625);
});

Deno.test("parseThresholdRule() reads every rule as it is spelled, and refuses others", () => {
  for (const text of ["0.5", "best_f1", "fpr=0.01", "far=1/h", "far=0.25/h", "-3"]) {
    assertEquals(thresholdRuleText(parseThresholdRule(text)), text);
  }
  assertEquals(parseThresholdRule("fpr=1%"), { kind: "fpr", most: 0.01 });
  for (const text of ["", "half", "fpr=2", "fpr=-1%", "far=1", "far=/h", "far=-1/h", "NaN"]) {
    assertThrows(() => parseThresholdRule(text), RangeError, "Cannot choose a threshold by");
  }
});

Deno.test("indexAt() gives the next score at or below a threshold, and none below the last", () => {
  const curve = { thresholds: Float64Array.of(0.75, 0.5, 0.25) } as unknown as OperatingCurve;
  assertEquals([0.9, 0.75, 0.6, 0.5, 0.25].map((at) => indexAt(curve, at)), [0, 0, 1, 1, 2]);
  assertEquals(indexAt(curve, 0.2), null);
});
