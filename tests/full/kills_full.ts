import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { hasAdapter } from "../support/gpu.ts";
import { assertSameRun, logOf } from "../crash/compare_runs.ts";
import { killAndCompare, train, trainToEnd } from "../crash/killed_runs.ts";
import { deviceOf, SMALL_RUNS } from "../crash/small_runs.ts";

const runs = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(runs, { recursive: true }));

const begun = new Map<string, Promise<string>>();

/** Folder of the uninterrupted run, which is made once. */
function wholeRun(name: keyof typeof SMALL_RUNS): Promise<string> {
  const folder = join(runs, `whole-${name}`);
  const options = ["--device", deviceOf(name)];
  const made = begun.get(name) ?? trainToEnd(folder, SMALL_RUNS[name], options).then(() => folder);
  begun.set(name, made);
  return made;
}

async function resumesAfter(kills: number, name: keyof typeof SMALL_RUNS): Promise<void> {
  const whole = await wholeRun(name);
  const folder = join(runs, `killed-${name}`);
  const options = ["--device", deviceOf(name)];
  await killAndCompare({ settings: SMALL_RUNS[name], options, whole, folder, kills });
}

Deno.test("train --resume continues bit for bit after each of five kills", () =>
  resumesAfter(5, "steps"));

Deno.test("train --resume continues bit for bit within epochs of accumulated batches", () =>
  resumesAfter(2, "epochs"));

Deno.test("train --resume continues bit for bit with dropout and batch norm", () =>
  resumesAfter(1, "rtfm"));

Deno.test("train --resume continues bit for bit beside a frozen text tower", () =>
  resumesAfter(1, "text"));

Deno.test({
  name: "train --resume continues bit for bit on the GPU, where most steps are replayed",
  ignore: !hasAdapter,
  fn: () => resumesAfter(1, "gpu"),
});

Deno.test("train finishes its step on SIGINT and on SIGTERM, says how to go on, and can", async () => {
  const whole = await wholeRun("steps");
  const folder = join(runs, "stopped");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const process = train(folder, signal === "SIGINT" ? SMALL_RUNS.steps : "resume");
    await process.training;
    process.kill(signal);
    const { code, stderr } = await process.ended;
    assertEquals(code, 1, stderr);
    const lines = stderr.trimEnd().split("\n");
    assert(lines.includes("stopping after this step; once more stops at once"), stderr);
    const last = lines.at(-1)!;
    assertMatch(last, /^Training stopped at step \d+ of 300; /);
    assert(last.endsWith(`continue with wsvad train --resume ${folder}`), last);
  }
  await trainToEnd(folder, "resume");
  await assertSameRun({ interrupted: folder, whole });
});

Deno.test("train --resume of a finished run writes result and report again, and nothing else", async () => {
  const whole = await wholeRun("rtfm");
  const kept = ["last.safetensors", "best.safetensors", "log.jsonl", "config.yaml"];
  const read = () => kept.map((name) => Deno.readFileSync(join(whole, name)).toBase64());
  const before = read();
  const written = ["result.json", "report.html"].map((name) => join(whole, name));
  const result = Deno.readTextFileSync(written[0]);
  for (const path of written) Deno.removeSync(path);
  await trainToEnd(whole, "resume");
  assertEquals(read(), before);
  assert(Deno.readTextFileSync(written[1]).includes("</html>"));
  const again = JSON.parse(Deno.readTextFileSync(written[0]));
  const { seconds, ...first } = JSON.parse(result);
  assertEquals([again.best, again.history], [first.best, first.history]);
  assert(again.seconds >= 0.5 * seconds, "the seconds before the resume count too");
});

Deno.test("train --resume begins again where the kill came before the first checkpoint", async () => {
  const whole = await wholeRun("rtfm");
  const folder = join(runs, "early");
  Deno.mkdirSync(folder);
  Deno.copyFileSync(join(whole, "config.yaml"), join(folder, "config.yaml"));
  Deno.writeTextFileSync(join(folder, "log.jsonl"), "");
  await trainToEnd(folder, "resume");
  await assertSameRun({ interrupted: folder, whole });
});

Deno.test({
  name: "train --resume on another BLAS goes on with a warning",
  ignore: findBlas().blas === undefined,
  async fn() {
    const folder = join(runs, "elsewhere");
    const process = train(folder, SMALL_RUNS.rtfm);
    await process.training;
    process.kill("SIGINT");
    await process.ended;
    const { code, stderr } = await train(folder, "resume", ["--device", "cpu", "--blas", "off"])
      .ended;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^warning: the run was on cpu, .*, from step \d+ on it is on cpu, /m);
    const { warnings } = JSON.parse(Deno.readTextFileSync(join(folder, "result.json")));
    assertStringIncludes(warnings[0], "the run was on cpu");
    assertEquals((await logOf(folder)).length, (await logOf(await wholeRun("rtfm"))).length);
  },
});
