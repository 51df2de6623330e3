import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pageOf } from "../../tasks/gpu_all/page.ts";
import { runPart } from "../../tasks/gpu_all/run_part.ts";
import { PARTS, stepsOf } from "../../tasks/gpu_all/steps.ts";

/** A step that runs this program. */
function stepOf(folder: string, name: string, program: string) {
  const path = `${folder}/${name}.ts`;
  Deno.writeTextFileSync(path, program);
  return { name, arguments: [path] };
}

Deno.test("runPart() keeps what steps said, ends them in time, and names what was not run", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const steps = [
      stepOf(folder, "good", `console.log('{"device": "a card"}')`),
      stepOf(folder, "bad", `console.error("no adapter"); Deno.exit(3)`),
      stepOf(folder, "endless", "setInterval(() => {}, 1000)"),
      stepOf(folder, "last", "console.log('{}')"),
    ];
    const out = `${folder}/figures`;
    const began = performance.now();
    assertEquals(await runPart("check", steps, { folder: out, minutes: 0.1 }), false);
    assert(performance.now() - began < 30_000);
    const files = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assertEquals(files.map((name) => name.replace(/^check-.*\./, "")), ["json", "md"]);
    const page = Deno.readTextFileSync(`${out}/${files[1]}`);
    assertStringIncludes(page, "## check: a card, 20");
    assertMatch(page, /\| good \| \d+ \| well \|/);
    assertMatch(page, /\| bad \| \d+ \| exit code 3: no adapter \|/);
    assertMatch(page, /\| endless \| \d+ \| ended after \d+ s: the 0\.1 minutes were over \|/);
    assertMatch(page, /\| last \| 0 \| not run: the 0\.1 minutes were over \|/);
    const [good] = JSON.parse(Deno.readTextFileSync(`${out}/${files[0]}`));
    assertEquals(good.report, { device: "a card" });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("stepsOf() has each method checked and timed, on the device asked for", () => {
  const kernels = ["WsvadLinear", "WsvadLinearDropout", "WsvadGelu"];
  const options = { runners: ["mil", "rtfm"], kernels, device: "webgpu", quick: false };
  const names = PARTS.map((part) => stepsOf(part, options).map(({ name }) => name));
  assertEquals(names, [
    ["doctor", "verify mil", "verify rtfm"],
    ["product", "bench WsvadLinear", "bench WsvadGelu"],
    ["bench mil", "bench rtfm"],
  ]);
  const all = PARTS.flatMap((part) => stepsOf(part, options));
  assert(all.every((step) => step.arguments.includes("webgpu")));
});

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
  const results = [
    { name: "bench", seconds: 2, report, problem: null },
    {
      name: "product",
      seconds: 1,
      report: { size: 4096, single: 40_000, half: null },
      problem: null,
    },
  ];
  const page = pageOf("kernels", new Date("2026-11-30T01:02:03Z"), results);
  assertStringIncludes(page, "## kernels: a card, 2026-11-30");
  assertStringIncludes(page, "| WsvadGelu | 1.23 | - | 2000 | 50 % | 4 | 3.24 |");
  assertStringIncludes(page, "| mil | [60, 10, 32, 2048] | - (no room) | - |");
  assertStringIncludes(page, "A product of 4096^3: 40000 GFLOP/s in single precision, no half");
});
