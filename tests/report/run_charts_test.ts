import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";
import { curveChart, lossChart, metricChart, videoCharts } from "../../src/report/run_charts.ts";
import type { LogLine } from "../../src/run_folder/log.ts";

function step(step: number, loss: number | null, terms: Record<string, number | null>): LogLine {
  return { kind: "step", step, epoch: 0, loss, terms, lr: 1e-3, seconds: 0.1 };
}

function evaluation(step: number, metrics: Record<string, number | null>): LogLine {
  return { kind: "eval", step, epoch: 0, metrics, best: false, seconds: 1.5 };
}

function video(scores: number[], changes: Partial<ScoredVideo> = {}): ScoredVideo {
  return {
    id: "v",
    className: "Normal",
    anomalous: false,
    scores: Float32Array.from(scores),
    frames: 16 * scores.length,
    groundTruth: [],
    ...changes,
  };
}

Deno.test("lossChart() weighs the terms of older lines so that they add up to the loss", () => {
  const log = [step(10, 2.5, { a: 2, b: 5 }), step(20, 1.1, { a: 1, b: 1 })];
  log.push({ ...step(30, 1.2, { a: 1, b: 0.2 }), weighted: true } as LogLine);
  const { steps, series } = lossChart(log, { b: 0.1 });
  assertEquals(steps, [10, 20, 30]);
  assertEquals(series, [
    { name: "loss", values: [2.5, 1.1, 1.2] },
    { name: "a", values: [2, 1, 1] },
    { name: "b", values: [0.5, 0.1, 0.2] },
  ]);
});

Deno.test("lossChart() leaves out a single term, and gaps stay gaps", () => {
  const log = [step(1, 1, { only: 1 }), step(2, null, {}), step(3, NaN, { only: 2 })];
  assertEquals(lossChart(log).series, [{ name: "loss", values: [1, null, null] }]);
});

Deno.test("lossChart() of a long run keeps its spike", () => {
  const log = Array.from({ length: 15000 }, (_, i) => step(i, i === 7001 ? 99 : 1, { a: 1, b: 0 }));
  const { steps, series } = lossChart(log);
  assert(steps.length <= 2000, `${steps.length} points`);
  assertEquals(series[0].values[steps.indexOf(7001)], 99);
});

Deno.test("metricChart() leaves out a metric that was never defined", () => {
  const log: LogLine[] = [
    step(1, 1, {}),
    evaluation(5, { roc_auc: 0.6, ap: null }),
    evaluation(9, { roc_auc: null, ap: null }),
  ];
  assertEquals(metricChart(log, ["roc_auc", "ap"]), {
    steps: [5, 9],
    series: [{ name: "roc_auc", values: [0.6, null] }],
  });
});

Deno.test("curveChart() turns a descending curve round and keeps its area when thinning", () => {
  const count = 20000;
  const x = Array.from({ length: count }, (_, i) => 1 - i / (count - 1));
  const { x: thinX, y: thinY } = curveChart({ x, y: x.map((value) => Math.sqrt(value)) });
  assert(thinX.length <= 2000);
  assert(thinX.every((value, i) => i === 0 || value >= thinX[i - 1]));
  assertEquals([thinX[0], thinX.at(-1)], [0, 1]);
  let area = 0;
  for (let i = 1; i < thinX.length; i++) {
    area += (thinX[i] - thinX[i - 1]) * (thinY[i] + thinY[i - 1]) / 2;
  }
  assertAlmostEquals(area, 2 / 3, 1e-4); // chords of 500 pieces lie this far under the root
});

Deno.test("videoCharts() of regular snippets give their distance alone", () => {
  const [chart] = videoCharts([video([0.1, 0.25, 1], { frames: 40 })], "snippets", 16);
  assertEquals([chart.x, chart.y, chart.end, chart.points], [16, [0.1, 0.25, 1], 40, 3]);
  assertEquals(chart.peak, { score: 1, frame: 32 });
});

Deno.test("videoCharts() of one snippet hold it to the end of the video", () => {
  const [chart] = videoCharts([video([0.5], { frames: 9 })], "snippets", 16);
  assertEquals([chart.x, chart.y, chart.end], [9, [0.5], 9]);
});

Deno.test("videoCharts() thin a long video and keep its highest score at its frame", () => {
  const scores = Array.from({ length: 6750 }, (_, i) => i === 4321 ? 0.99 : (i % 13) / 26);
  const [chart] = videoCharts([video(scores)], "snippets", 16);
  const x = chart.x as number[];
  assert(x.length <= 2000 && x.length === chart.y.length);
  assertEquals(chart.y[x.indexOf(4321 * 16)], 0.99);
  assertEquals(chart.points, 6750);
});

Deno.test("videoCharts() spread segments over the video by the official bounds, the rest scores 0", () => {
  const scores = Array.from({ length: 32 }, (_, i) => (i + 1) / 32);
  const frames = 65 * 16 + 7;
  const [chart] = videoCharts([video(scores, { frames })], "segments", 16);
  assertEquals(chart.x as number | number[], 32);
  assertEquals([chart.y[31], chart.y[32], chart.end], [1, 0, frames]);
  const [longer] = videoCharts([video(scores, { frames, videoFrames: 129 * 16 })], "segments", 16);
  assertEquals(longer.x, 64);
  assertEquals(longer.end, frames);
  // Ten clips for 32 segments: nothing is thinned, the later score of a clip counts.
  const [short] = videoCharts([video(scores, { frames: 160 })], "segments", 16);
  assertEquals([short.points, short.y.length], [10, 10]);
});

Deno.test("videoCharts() give each video its separation", () => {
  const good = video([0.1, 0.9], { groundTruth: [{ start: 16, end: 32 }], anomalous: true });
  assertEquals(
    videoCharts([good, video([0.2, 0.95])], "snippets", 16).map((chart) => chart.separation),
    [2 / 3, 0.5].map((value) => Number(value.toPrecision(5))),
  );
});
