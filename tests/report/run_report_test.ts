import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { renderRunReport } from "../../src/report/run_report.ts";
import { operatingChoice } from "../../src/metrics/choose_threshold.ts";
import { operatingPoint } from "../../src/metrics/operating_point.ts";
import type { RunReport } from "../../src/report/run_facts.ts";
import { duration } from "../../src/report/run_sections.ts";
import { smoothScores } from "../../src/metrics/smooth_scores.ts";
import { fakeReport } from "./fake_run.ts";

function dataOf(page: string) {
  const text = page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)![1];
  return JSON.parse(text);
}

/** The page without its scripts, its styles and its numbers. */
function markupOf(page: string): string {
  return page.replace(/<(script|style)[ >].*?<\/\1>/gs, "");
}

Deno.test("renderRunReport() shows every metric with its definition, and why one is undefined", () => {
  const page = markupOf(renderRunReport(fakeReport(8)));
  assertMatch(page, /ROC-AUC<\/span>\s*<span class="value">0\.\d{4}</);
  assertStringIncludes(page, "Average precision, the step-wise area");
  assertStringIncludes(page, "Undefined: the head&#39;s scores are unbounded");
});

Deno.test("renderRunReport() shows best, last and late half side by side", () => {
  const page = markupOf(renderRunReport(fakeReport(4)));
  assertMatch(page, /Kept, best by ROC-AUC<\/th><td>880</);
  assertMatch(page, /Last<\/th><td>1,000<\/td><td>0\.9312</);
  assertMatch(page, /mean of 6 evaluations<\/th><td><\/td><td>0\.9288 .*?± 0\.0061/);
});

Deno.test("renderRunReport() states what must be equal before numbers are compared", () => {
  const report = fakeReport(4);
  report.evaluation!.alignment.suspicious = ["Arson011_x264"];
  const page = markupOf(renderRunReport(report));
  for (
    const fact of [
      ...[report.data.provenance, report.data.groundTruthRule, ...Object.values(report.rules)],
      ...["1,065,537", "1,111,808 compared, 1,952 cut, 0 extended", "1 min 11 s"],
      ...["features and frames of 1 video differ in length: Arson011_x264", ...report.warnings],
    ]
  ) assertStringIncludes(page, fact);
});

Deno.test("renderRunReport() refers to nothing outside the page", () => {
  const page = renderRunReport(fakeReport(4));
  assertEquals(markupOf(page).match(/https?:|\s(src|href)=|url\(|@import/), null);
  const styles = page.match(/<style>.*?<\/style>/s)![0];
  assertEquals(styles.match(/url\(|@import|https?:/), null);
  const scripts = page.slice(page.lastIndexOf("<script>"));
  assertEquals(scripts.match(/fetch\(|XMLHttpRequest|import\(|sendBeacon/), null);
  assertStringIncludes(page, `content="default-src 'none';`);
});

Deno.test("renderRunReport() escapes whatever comes from files", () => {
  const hostile = `</script></style><script>alert("x")</script><img src=x onerror='alert(1)'>&amp;`;
  const report = fakeReport(6);
  const videos = report.videos.map((video) => ({ ...video, id: hostile, className: hostile }));
  const { evaluation } = report;
  const at = { step: 1, epoch: 0, seconds: 0.1 };
  const page = renderRunReport({
    ...report,
    tool: { name: hostile, version: hostile },
    runner: { name: hostile, paper: hostile },
    data: { name: hostile, provenance: hostile, groundTruthRule: hostile },
    rules: { crop: hostile, selection: hostile, spread: hostile, align: hostile, smooth: hostile },
    device: { [hostile]: hostile },
    best: { step: 1, metric: hostile },
    log: [
      { kind: "step", ...at, loss: 1, terms: { [hostile]: 1, b: 2 }, lr: 1e-3 },
      { kind: "eval", ...at, metrics: { [hostile]: 1 }, best: true },
    ],
    warnings: [hostile],
    config: hostile,
    videos,
    evaluation: {
      ...evaluation!,
      metrics: { ...evaluation!.metrics, [hostile]: null },
      reasons: { [hostile]: hostile },
      classes: [{ className: hostile, videos: 1, withNormal: 0.5, only: null }],
      alignment: { ...evaluation!.alignment, suspicious: [hostile] },
    },
  });
  assertEquals(page.match(/<img/g), null);
  assertEquals(page.match(/<script/g)?.length, 2);
  assertEquals(page.match(/<\/script>/g)?.length, 2);
  assertEquals(page.match(/<\/style>/g)?.length, 1);
  assertEquals(dataOf(page).videos[0].id, hostile);
  assertStringIncludes(markupOf(page), "&amp;amp;");
});

Deno.test("renderRunReport() gives the charts finite numbers or null", () => {
  const report = fakeReport(12);
  const broken = { loss: NaN, terms: { ranking: Infinity } };
  report.log.push({ kind: "step", step: 1010, epoch: 0, ...broken, lr: 1e-3, seconds: 0.1 });
  const page = renderRunReport(report);
  assertEquals(markupOf(page).match(/NaN|undefined|Infinity/g), null);
  const data = dataOf(page);
  assertEquals(data.videos.length, 12);
  const visit = (value: unknown): void => {
    if (typeof value === "number") assert(Number.isFinite(value));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  visit(data);
  assertEquals(data.loss.series[0].values.at(-1), null);
});

Deno.test("renderRunReport() leaves out what a mere evaluation does not have", () => {
  const evaluated: RunReport = { ...fakeReport(4), log: [], best: null, last: null, late: null };
  const page = markupOf(renderRunReport({ ...evaluated, steps: 0, warnings: [] }));
  for (const absent of ["training-title", "Late half", "Warning", "steps in"]) {
    assertEquals(page.includes(absent), false, absent);
  }
  assertStringIncludes(page, "videos-title");
});

Deno.test("renderRunReport() says that nothing was evaluated without test videos", () => {
  const report = {
    ...fakeReport(2),
    evaluation: null,
    operating: null,
    videos: [],
    best: null,
    last: null,
  };
  const page = markupOf(renderRunReport({ ...report, late: null }));
  assertStringIncludes(page, "Nothing was evaluated");
  for (const absent of ["videos-title", "curves-title", "classes-title"]) {
    assertEquals(page.includes(absent), false, absent);
  }
});

Deno.test("renderRunReport() draws no threshold for unbounded scores", () => {
  assertEquals(dataOf(renderRunReport(fakeReport(2))).threshold, 0.5);
  const unbounded = { ...fakeReport(2), unboundedScores: true };
  assertEquals(dataOf(renderRunReport(unbounded)).threshold, null);
});

Deno.test("renderRunReport() has precision, recall, F1 and false alarms of the chosen threshold", () => {
  const report = fakeReport(12);
  const page = renderRunReport(report);
  const { operating } = dataOf(page);
  const { choice: { chosen, marks } } = report.operating!;
  assertStringIncludes(markupOf(page), `id="threshold-f1">${chosen!.f1!.toFixed(4)}<`);
  assertStringIncludes(markupOf(page), `id="frames-fn">${chosen!.frames.fn.toLocaleString("en")}<`);
  assertEquals(Math.fround(operating.thresholds[operating.start]), chosen!.threshold);
  assertEquals(operating.marks.map(({ rule }: { rule: string }) => rule), [
    ...marks.map(({ rule }) => rule),
    "0.5",
  ]);
  for (const { rule, at } of operating.marks) {
    const point = [...marks, operatingPoint(report.operating!.curve, 0.5)]
      .find((mark) => mark.rule === rule)!;
    assertEquals(
      [operating.tp[at], operating.fp[at], operating.falseAlarms[at]],
      [point.frames.tp, point.frames.fp, point.false_alarms],
      rule,
    );
  }
  for (const kind of ["normal", "anomalous"]) {
    const sum = operating.histogram[kind].reduce((sum: number, share: number) => sum + share, 0);
    assert(Math.abs(sum - 1) < 1e-3);
  }
});

Deno.test("renderRunReport() says under the numbers what makes them good: test set, no alarm at all", () => {
  const report = fakeReport(6);
  assertStringIncludes(markupOf(renderRunReport(report)), "Weights chosen on the test set");
  report.videos = report.videos.map((video) => ({
    ...video,
    scores: video.scores.map((score) => 0.4 * score),
  }));
  report.operating = operatingChoice(report.videos, {}, 30);
  assertStringIncludes(markupOf(renderRunReport(report)), "No frame at all is above 0.5");
});

Deno.test("renderRunReport() has the interval beside an area, and no claim of a choice where none was made", () => {
  const report = fakeReport(4);
  assertStringIncludes(markupOf(renderRunReport(report)), "95 %: 0.9123\u20130.9500");
  const last = { ...report, best: { step: 1000, metric: "last" }, intervals: {} };
  const page = markupOf(renderRunReport(last));
  assertStringIncludes(page, "Kept: the last");
  assertEquals(page.includes("Weights chosen on the test set"), false);
  assertEquals(page.includes("95 %"), false);
});

Deno.test("renderRunReport() says where a run stands that has not ended, and loads itself while it runs", () => {
  const report = { ...fakeReport(4), best: null };
  const running = renderRunReport({ ...report, unfinished: { step: 100, of: 300, running: true } });
  assertStringIncludes(markupOf(running), "running: step 100 of 300");
  assertStringIncludes(running, `<meta http-equiv="refresh" content="30">`);
  assertStringIncludes(markupOf(running), "the run has not ended");
  const stopped = renderRunReport({
    ...report,
    unfinished: { step: 100, of: 300, running: false },
  });
  assertStringIncludes(markupOf(stopped), "stopped: step 100 of 300");
  for (const page of [stopped, renderRunReport(report)]) {
    assertEquals(page.includes('http-equiv="refresh"'), false);
  }
});

Deno.test("duration() says a time as people do", () => {
  assertEquals(
    [0.04, 8.44, 59.96, 125, 3599.6, 11220].map(duration),
    ["0.0 s", "8.4 s", "1 min 00 s", "2 min 05 s", "1 h 00 min", "3 h 07 min"],
  );
});

Deno.test("renderRunReport() draws the smoothed scores that were compared, beside those of the model", () => {
  const report = fakeReport(2);
  assertEquals(dataOf(renderRunReport(report)).videos[0].given, undefined);
  const smooth = { rule: "slide" as const, width: 7 };
  const { videos } = dataOf(renderRunReport({ ...report, smooth }));
  const short = (value: number) => Number(value.toPrecision(4));
  const { scores } = report.videos[1];
  assertEquals(videos[1].y, Array.from(smoothScores(scores, smooth), short));
  assertEquals(videos[1].given, Array.from(scores, short));
});

Deno.test("renderRunReport() shows what was published of a metric below it", () => {
  const published = [
    { by: "paper", data: "UCF-Crime", metric: "roc_auc" as const, percent: 84.3, features: "I3D" },
    { by: "paper", data: "<XD>", metric: "ap" as const, percent: 77.81, features: "" },
  ];
  const page = markupOf(renderRunReport({ ...fakeReport(2), published }));
  const [, auc, , ap] = page.split(`<div class="metric">`);
  assertMatch(auc, /Published: <span>UCF-Crime AUC 84\.30 \(I3D\)<\/span>/);
  assertMatch(ap, /Published: <span>&lt;XD&gt; AP 77\.81<\/span>/);
});
