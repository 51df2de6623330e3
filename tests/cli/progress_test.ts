import { assertEquals } from "@std/assert";
import { BarProgress, LineProgress } from "../../src/cli/progress.ts";
import { tellSlow, warn, WarningsAlone } from "../../src/progress.ts";

Deno.test("LineProgress writes the first step, one line in a while, and the last step", () => {
  const lines: string[] = [];
  let time = 0;
  const progress = new LineProgress((line) => lines.push(line), () => time, 5000);
  progress.start(20);
  for (let step = 1; step <= 20; step++) {
    time += 1000;
    progress.step({ step, loss: 0.5, examplesPerSecond: 32 });
  }
  progress.stop();
  assertEquals(lines, [
    "step 1/20  loss 0.5000  32.0 examples/s",
    "step 6/20  loss 0.5000  32.0 examples/s  0:14 left",
    "step 11/20  loss 0.5000  32.0 examples/s  0:09 left",
    "step 16/20  loss 0.5000  32.0 examples/s  0:04 left",
    "step 20/20  loss 0.5000  32.0 examples/s  0:00 left",
  ]);
});

Deno.test("LineProgress reckons the time left from the last half minute, from the first report on", () => {
  const lines: string[] = [];
  let time = 0;
  const progress = new LineProgress((line) => lines.push(line), () => time, 0);
  progress.start(10_000, 4000);
  time = 60_000;
  progress.step({ step: 4001 });
  for (let i = 2; i <= 40; i++) {
    time += 1000;
    progress.step({ step: 4000 + i });
  }
  assertEquals(lines[0], "step 4001/10000");
  assertEquals(lines.at(-1), "step 4040/10000  1:39:20 left");
});

Deno.test("LineProgress keeps showing the last loss that is known", () => {
  const lines: string[] = [];
  const progress = new LineProgress((line) => lines.push(line), () => 0, 0);
  progress.start(3);
  progress.step({ step: 1, loss: 2 });
  progress.step({ step: 2, loss: undefined });
  assertEquals(lines, ["step 1/3  loss 2.000", "step 2/3  loss 2.000  0:00 left"]);
});

Deno.test("LineProgress says now and then what goes on after a step", () => {
  const lines: string[] = [];
  let time = 0;
  const progress = new LineProgress((line) => lines.push(line), () => time, 5000);
  progress.start(2);
  progress.step({ step: 2, loss: 0.5 });
  for (let video = 1; video <= 9; video++) {
    time += 1000;
    progress.step({ step: 2, doing: `evaluating ${video}/9` });
  }
  assertEquals(lines, ["step 2/2  loss 0.5000", "step 2/2  loss 0.5000  evaluating 5/9"]);
});

Deno.test("LineProgress writes notes at once", () => {
  const lines: string[] = [];
  const progress = new LineProgress((line) => lines.push(line));
  progress.start(2);
  progress.note("step 1: roc_auc 0.9");
  progress.stop();
  assertEquals(lines, ["step 1: roc_auc 0.9"]);
});

Deno.test("BarProgress hands steps and notes to the bar and closes it", () => {
  const calls: unknown[][] = [];
  const progress = new BarProgress(() => ({
    create(...args) {
      calls.push(["create", ...args]);
      return { update: (step, { facts }) => calls.push(["step", step, facts.split("  ")[0]]) };
    },
    log: (text) => calls.push(["log", text]),
    update: () => calls.push(["draw"]),
    stop: () => calls.push(["stop"]),
  }));
  progress.start(10, 3);
  progress.step({ step: 4, loss: 1.25 });
  progress.step({ step: 5, loss: 1 });
  progress.note("hello");
  progress.stop();
  progress.stop();
  assertEquals(calls, [
    ["create", 10, 3, { facts: "" }],
    ["step", 4, "loss 1.250"],
    ["draw"],
    ["step", 5, "loss 1.000"],
    ["log", "hello\n"],
    ["draw"],
    ["draw"],
    ["stop"],
  ]);
});

Deno.test("WarningsAlone passes warnings on and nothing else", () => {
  const lines: string[] = [];
  const progress = new WarningsAlone((line) => lines.push(line));
  progress.start();
  progress.step();
  progress.note("step 100: roc_auc 0.9");
  warn(progress, "the loss rises");
  progress.stop();
  assertEquals(lines, ["warning: the loss rises"]);
});

Deno.test("tellSlow() is silent about what is quick, and tells now and then what lasts", () => {
  const lines: string[] = [];
  let time = 0;
  const tell = tellSlow({ note: (line) => lines.push(line) }, { now: () => time, everyMs: 5000 });
  for (let done = 1; done <= 12; done++) {
    time += 1000;
    tell("reading headers: video", done, 12);
  }
  time += 5000;
  tell("folders below runs/:", 7);
  assertEquals(lines, [
    "reading headers: video 5/12",
    "reading headers: video 10/12",
    "folders below runs/: 7",
  ]);
});
