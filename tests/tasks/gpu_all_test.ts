import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { pageOf } from "../../tasks/gpu_all/page.ts";
import { problemIn } from "../../tasks/gpu_all/problem.ts";
import { runPart } from "../../tasks/gpu_all/run_part.ts";
import { runStep, type StepResult } from "../../tasks/gpu_all/run_step.ts";
import { PARTS, type Step, stepsOf } from "../../tasks/gpu_all/steps.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** A step that runs these lines of a shell. */
function stepOf(name: string, script: string): Step {
  return { name, program: "sh", arguments: ["-c", script] };
}

const ENDLESS = "exec sleep 60";

/** What a part was asked, and what its page and its file have then. */
async function ran(folder: string, steps: Step[], minutes: number) {
  const sound = await runPart("check", steps, { folder, name: "check-card", minutes });
  const read = (end: string) => Deno.readTextFileSync(`${folder}/check-card.${end}`);
  const results: StepResult[] = JSON.parse(read("json"));
  return { sound, page: read("md"), results, names: results.map(({ name }) => name) };
}

Deno.test("runPart() keeps what steps said, ends them in time, and names what was not run", () =>
  withFolder(async (folder) => {
    const steps = [
      stepOf("good", `echo '{"device": "a card", "about": {"driver": "580.1"}}'`),
      stepOf("bad", "echo trace; echo 'Cannot open: no adapter' >&2; echo x >&2; exit 3"),
      stepOf("endless", ENDLESS),
      stepOf("hung", ENDLESS),
      stepOf("third", ENDLESS),
      stepOf("last", "echo '{}'"),
    ];
    const { sound, page, results } = await ran(folder, steps, 0.05);
    assertEquals(sound, false);
    assertMatch(page, /## check: a card, 20\d\d-\d\d-\d\d\n\nDriver: 580\.1\. Steps ran from 20/);
    assertMatch(page, /\| good \| \d+ \| well \|/);
    assertMatch(page, /\| bad \| \d+ \| exit code 3: Cannot open: no adapter \/ x \|/);
    assertMatch(page, /\| endless \| 1 \| ended after 1 s: a step has a third of the minutes/);
    assertMatch(page, /\| last \| - \| not run yet: the same command goes on here \|/);
    assert(results.every(({ date }) => Date.now() - Date.parse(date) < 60_000));
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  }));

Deno.test("runPart() goes on where a call was cut short, what was wrong behind what is new", () =>
  withFolder(async (folder) => {
    const out = `${folder}/out`;
    const noted = (name: string, end: string) =>
      stepOf(name, `echo ${name} >> ${folder}/order; ${end}`);
    const steps = (first: string) => [
      noted("wrong", first),
      noted("good", "echo '{}'"),
      noted("late", "echo '{}'"),
    ];
    const before = await ran(out, steps("exit 1").slice(0, 2), 0.1);
    assertEquals([before.sound, before.names], [false, ["wrong", "good"]]);
    const after = await ran(out, steps("echo '{}'"), 0.1);
    assertEquals([after.sound, after.names], [true, ["wrong", "good", "late"]]);
    assertEquals(after.results[1], before.results[1]);
    assertEquals(Deno.readTextFileSync(`${folder}/order`), "wrong\ngood\nlate\nwrong\n");
  }));

Deno.test("runPart() names a file that it cannot go on from, and leaves it", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/check-card.json`, "[{");
    await assertRejects(
      () => ran(folder, [stepOf("good", "echo '{}'")], 0.1),
      Error,
      `Cannot go on from ${folder}/check-card.json`,
    );
    assertEquals(Deno.readTextFileSync(`${folder}/check-card.json`), "[{");
  }));

Deno.test("runStep() takes a program that there is not for a comparison that cannot be made", async () => {
  const missing = { name: "pytorch", program: "no-such-python", arguments: [] };
  const { report, problem } = await runStep(missing, 1000, "");
  assertEquals(problem, null);
  assertStringIncludes((report as { absent: string }).absent, "cannot start no-such-python");
});

Deno.test("problemIn() says what doctor, verify and an error have", () => {
  assertEquals(problemIn({ error: { message: "no adapter" } }), "no adapter");
  const checks = [
    { name: "adapter", status: "ok", found: "a card" },
    { name: "WsvadGelu", status: "failed", found: "off by 0.1" },
  ];
  assertEquals(problemIn({ checks }), "WsvadGelu: off by 0.1");
  const tensors = [
    { name: "scores", difference: 0, limit: 1, ok: true },
    { name: "loss", difference: 0.5, limit: 0.1, ok: false },
  ];
  const cases = [{ folder: "mil/eval", ok: false, tensors }, { folder: "mil/train", ok: true }];
  assertEquals(problemIn({ cases }), "mil/eval: 1 of 2 wrong, loss off by 0.5, limit 0.1");
  assertEquals([problemIn(null), problemIn({ checks: checks.slice(0, 1) })], [null, null]);
});

Deno.test("stepsOf() has each method checked and timed, on the device asked for", () => {
  const kernels = ["WsvadLinear", "WsvadLinearDropout", "WsvadGelu"];
  const options = { runners: ["mil", "rtfm"], kernels, device: "webgpu", quick: false };
  const programs = {
    ...{ main: "main.ts", product: "product.ts", pytorch: "pytorch.py", python: "python3" },
    deno: ["run"],
  };
  const names = PARTS.map((part) => stepsOf(part, options, programs).map(({ name }) => name));
  assertEquals(names, [
    ["doctor", "verify mil", "verify rtfm"],
    ["product", "pytorch", "bench WsvadLinear", "bench WsvadGelu"],
    ["bench mil", "bench rtfm"],
  ]);
  const all = PARTS.flatMap((part) => stepsOf(part, options, programs));
  assert(all.every((step) => step.name === "pytorch" || step.arguments.includes("webgpu")));
  const mil = stepsOf("methods", { ...options, quick: true }, programs)[0].arguments;
  assertEquals(mil.slice(0, 5).join(" "), "run main.ts bench --runners mil");
  assert(mil.includes("--quick"));
});

const result = { name: "bench", date: "2026-11-30T01:02:03Z", seconds: 2, said: "", problem: null };

Deno.test("pageOf() writes kernels and methods as tables, and a step that did not fit with its reason", () => {
  const kernel = {
    ...{ name: "WsvadGelu", milliseconds: 1.23456, gflops: null, gigabytesPerSecond: 2000.4 },
    ...{ fractionOfPeak: 0.5, stockMilliseconds: 4, speedup: 3.24 },
  };
  const method = {
    ...{ runner: "mil", batch: [60, 10, 32, 2048], stepSeconds: null, peakBytes: null },
    ...{ replay: null, reason: "no room", scoringShape: [1, 10, 200, 2048] },
    ...{ scoringSeconds: 0.5, scoringReplaySeconds: 0.25 },
  };
  const report = { device: "a card", kernels: [kernel], methods: [method] };
  const page = pageOf("kernels", [
    { ...result, report },
    { ...result, name: "product", report: { size: 4096, single: 40_000, half: null } },
  ]);
  assertStringIncludes(page, "## kernels: a card, 2026-11-30");
  assertStringIncludes(page, "| WsvadGelu | 1.23 | - | 2000 | 50 % | 4 | 3.24 |");
  assertStringIncludes(page, "| mil | [60, 10, 32, 2048] | - (no room) | - |");
  assertStringIncludes(page, "A product of 4096^3: 40000 GFLOP/s in single precision, no half");
  assertStringIncludes(page, "Not compared: these steps in PyTorch");
});

Deno.test("pageOf() says what PyTorch made of the card, or why it is not compared", () => {
  const figures = { single: 50_123.4, tf32: 400_000, half: 700_000, gigabytesPerSecond: 4000 };
  const page = (report: unknown) => pageOf("kernels", [{ ...result, name: "pytorch", report }]);
  assertStringIncludes(
    page({ by: "PyTorch 2.11.0", device: "a card", ...figures }),
    "PyTorch 2.11.0 on a card: the same product at 50100 GFLOP/s in single",
  );
  const absent = page({ absent: "it sees no CUDA device" });
  assertStringIncludes(absent, "Not compared with PyTorch: it sees no CUDA device.");
  assertStringIncludes(absent, "| pytorch | 2 | not compared |");
});

Deno.test("pageOf() lists golden cases, each with what it used of its limits", () => {
  const tensors = [
    { name: "scores", difference: 0.1, limit: 0.4, ok: true },
    { name: "loss", difference: 0, limit: 0, ok: true },
  ];
  const cases = [{ folder: "mil/eval", ok: true, seconds: 1.23, tensors }];
  const page = pageOf("check", [{ ...result, report: { device: { name: "a card" }, cases } }]);
  assertStringIncludes(page, "| mil/eval | 2 | 2 | 25 % | 1.2 |");
});
