import { assertEquals, assertThrows } from "@std/assert";
import { columns, shown } from "../../src/cli/output.ts";
import { BarProgress } from "../../src/cli/progress.ts";
import { denoRun } from "./run_wsvad.ts";
import { evaluationText, runText } from "../../src/cli/results.ts";
import { parseCount, parseMemory, parsePositive } from "../../src/cli/shared_options.ts";

Deno.test("columns() aligns all but the last and leaves no space at line ends", () => {
  assertEquals(columns([["a", "bb", ""], ["ccc", "d", "e"]], "  "), "  a    bb\n  ccc  d   e");
});

Deno.test("parseMemory() counts in units of 1024", () => {
  assertEquals(parseMemory("6GB"), 6 * 2 ** 30);
  assertEquals(parseMemory("1.5 GiB"), 1.5 * 2 ** 30);
  assertEquals(parseMemory("512mb"), 512 * 2 ** 20);
  for (const text of ["6", "GB", "-1GB", "0GB", "6TB", "6GBx"]) {
    assertThrows(() => parseMemory(text), Error, "Expected a size");
  }
});

Deno.test("parseCount() and parsePositive() refuse what is none", () => {
  assertEquals([parseCount("3"), parsePositive("29.97")], [3, 29.97]);
  for (const text of ["0", "1.5", "x", "", "1e99"]) assertThrows(() => parseCount(text), Error);
  for (const text of ["0", "-1", "x", " ", "Infinity"]) {
    assertThrows(() => parsePositive(text), Error);
  }
});

const atThird = {
  rule: "best_f1",
  threshold: 1 / 3,
  precision: 0.5,
  recall: 1,
  f1: 2 / 3,
  false_positive_rate: 0.1,
  false_alarms: 5,
  false_alarms_per_normal_video: 2.5,
  false_alarms_per_hour: 2.5,
  frames: { tp: 16, fp: 16, fn: 0, tn: 144 },
  videos: { tp: 1, fp: 1, fn: 0, tn: 1 },
};

Deno.test("runText() shows best and last side by side, with reasons for what is undefined", () => {
  const text = runText({
    runFolder: "runs/a",
    report: "runs/a/report.html",
    steps: 300,
    seconds: 12.34,
    select: "roc_auc",
    intervals: { roc_auc: { low: 0.85, high: 0.95 } },
    best: {
      step: 200,
      metrics: { roc_auc: 0.91234, far_normal: null },
      reasons: { far_normal: "scores are unbounded" },
    },
    last: { step: 300, metrics: { roc_auc: 0.9, far_normal: null } },
    late: { mean: 0.905, std: 0.001, n: 2 },
    threshold: { rule: "best_f1", normal_hours: 2, marks: [], chosen: atThird },
    smooth: null,
    warnings: [],
  });
  assertEquals(text.split("\n"), [
    "metric      best (step 200)  95 % interval    last (step 300)",
    "roc_auc     0.9123           0.8500 - 0.9500  0.9000",
    "far_normal  -                                 -                (scores are unbounded)",
    "",
    "late half: roc_auc 0.9050 +- 0.0010 over 2 evaluations",
    "",
    "threshold 0.3333 by best_f1: precision 0.5000, recall 1.0000, F1 0.6667, 2.5 false alarms an hour",
    "",
    "300 steps in 12.3 s",
    "run     runs/a",
    "report  runs/a/report.html",
  ]);
});

Deno.test("evaluationText() shows metrics, classes with their number of videos, and the alignment", () => {
  const text = evaluationText({
    checkpoint: "runs/a/best.safetensors",
    evaluation: {
      metrics: { roc_auc: 0.5, ap: null },
      reasons: { ap: "no anomalous frame" },
      classes: [{ className: "Abuse", videos: 2, withNormal: 0.75, only: null }],
      alignment: {
        frames: 320,
        cut: 16,
        extended: 0,
        events: 4,
        events_cut: 3,
        anomalous_cut: 12,
        suspicious: [],
      },
      roc: { x: [], y: [] },
      pr: { x: [], y: [] },
    },
    threshold: { rule: "best_f1", normal_hours: 0, marks: [], chosen: null },
    intervals: {},
    videos: 4,
    seconds: 1,
    smooth: "fixed 8: each score the mean of its block of 8 snippets",
    report: null,
    warnings: [],
  });
  assertEquals(text.split("\n"), [
    "metric   4 videos",
    "roc_auc  0.5000",
    "ap       -         (no anomalous frame)",
    "scores smoothed, but for unsmoothed_ metrics: fixed 8: each score the mean of its block of 8 snippets",
    "",
    "class  videos  auc with normal  auc alone",
    "Abuse  2       0.7500           -",
    "",
    "320 frames compared, 16 cut, 0 extended; 3 of 4 events cut away",
    "checkpoint  runs/a/best.safetensors",
  ]);
});

const STEERING = "a\x1b]0;title\x07\x1b[2J\r\x9b31m\u202egpj.b\tc";
const VISIBLE = String.raw`a\u001b]0;title\u0007\u001b[2J\u000d\u009b31m\u202egpj.b` + "\tc";

Deno.test("shown() makes characters visible by which a name could steer the terminal; lines and letters stay", () => {
  assertEquals(shown(STEERING), VISIBLE);
  assertEquals(shown("für 視頻\nline 2"), "für 視頻\nline 2");
  assertEquals(JSON.parse(shown(JSON.stringify(STEERING))), STEERING);
});

Deno.test("messages, results and notes of progress are shown so; our own styles stay styles", async () => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const { stdout, stderr, code } = await denoRun([
    "eval",
    `Deno.stderr.isTerminal = () => true;
    Object.defineProperty(Deno, "noColor", { value: false });
    const { printMessage, printResult, styled } = await import(${url("../../src/cli/output.ts")});
    const name = ${JSON.stringify(STEERING)};
    printMessage(name);
    printMessage(styled("red", name, "stderr"));
    printResult(name);
    printResult(name, true);`,
  ]);
  assertEquals(code, 0, stderr);
  assertEquals(stderr, `${VISIBLE}\n\x1b[31m${VISIBLE}\x1b[39m\n`);
  assertEquals(stdout, `${VISIBLE}\n${STEERING}\n`);
});

Deno.test("BarProgress shows notes and what goes on without steering characters", () => {
  const told: string[] = [];
  const bar = new BarProgress(() => ({
    create: () => ({ update: (_, { facts }) => told.push(facts) }),
    log: (text) => told.push(text),
    update() {},
    stop() {},
  }));
  bar.start(2);
  bar.note(STEERING);
  bar.step({ step: 1, doing: STEERING });
  assertEquals(told, [`${VISIBLE}\n`, VISIBLE.replace("\t", "\\u0009")]);
});
