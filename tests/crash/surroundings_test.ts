/**
 * What happens around a run: other processes, a terminal that closes, a stderr that takes nothing.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wsvad } from "../cli/run_wsvad.ts";
import { assertSameRun } from "./compare_runs.ts";
import { train, trainToEnd } from "./killed_runs.ts";
import { SMALL_RUNS } from "./small_runs.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const runs = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(runs, { recursive: true }));

const LONG = [...SMALL_RUNS.steps, "trainer.max_steps=1000000", "trainer.eval_every=100000"];
const MATRIX = ["--runners", "mil", "--seeds", "1", ...SMALL_RUNS.steps.slice(1)];
const unix = Deno.build.os !== "windows";

/** Runs the tool in a shell; `line` has WSVAD in place of the command. */
async function shell(line: string): Promise<number> {
  const command = `"${Deno.execPath()}" run -A "${main}"`;
  const child = new Deno.Command("bash", {
    args: ["-c", line.replaceAll("WSVAD", command)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await child.output()).code;
}

const quoted = (settings: readonly string[]) => settings.map((text) => `'${text}'`).join(" ");

Deno.test("a run folder in use is refused to train --overwrite and to --resume, with the process", async () => {
  const folder = join(runs, "held");
  const process = train(folder, LONG);
  await process.training;
  const config = Deno.readTextFileSync(join(folder, "config.yaml"));
  const held = JSON.parse(Deno.readTextFileSync(join(folder, ".lock")));
  const others = [
    ["train", ...SMALL_RUNS.rtfm, "--device", "cpu", "--out", folder, "--overwrite"],
    ["train", "--resume", folder, "--device", "cpu"],
  ];
  for (const args of others) {
    const { code, stderr } = await wsvad(args);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `Cannot write to "${folder}": process ${held.pid} has been`);
  }
  assertEquals(Deno.readTextFileSync(join(folder, "config.yaml")), config);
  process.kill("SIGTERM");
  const { code, stderr } = await process.ended;
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Training stopped at step");
  assert(!existsSync(join(folder, ".lock")));
});

Deno.test("a matrix folder in use is refused to a second matrix, and its cell to train --resume", async () => {
  const folder = join(runs, "matrix");
  const args = ["matrix", ...MATRIX, "trainer.max_steps=1000000", "--device", "cpu"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, ...args, "--out", folder],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const cells = join(folder, "cells");
  const cell = () => existsSync(cells) ? [...Deno.readDirSync(cells)].at(0)?.name : undefined;
  while (cell() === undefined || !existsSync(join(cells, cell()!, "last.safetensors"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const refused = [
    await wsvad([...args, "--out", folder]),
    await wsvad(["train", "--resume", join(cells, cell()!), "--device", "cpu"]),
  ];
  child.kill("SIGTERM");
  await child.status;
  for (const { code, stderr } of refused) {
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `process ${child.pid} has been writing it since`);
  }
});

Deno.test({
  name: "train finishes and says so in its exit code when stderr takes nothing",
  ignore: !unix || !existsSync("/dev/full"),
  async fn() {
    const whole = join(runs, "whole");
    await trainToEnd(whole, SMALL_RUNS.steps);
    const settings = `train --device cpu ${quoted(SMALL_RUNS.steps)}`;
    for (const [name, where] of [["full", "2>/dev/full"], ["gone", "2> >(exec 0<&-)"]]) {
      const folder = join(runs, name);
      assertEquals(await shell(`WSVAD ${settings} --out "${folder}" ${where}`), 0, name);
      await assertSameRun({ interrupted: folder, whole });
    }
  },
});

Deno.test({
  name:
    "matrix finishes when the reader of stderr goes, and results that cannot be written are a fault",
  ignore: !unix || !existsSync("/dev/full"),
  async fn() {
    const folder = join(runs, "unread");
    const line = `WSVAD matrix --device cpu ${quoted(MATRIX)} --out "${folder}"`;
    assertEquals(await shell(`set -o pipefail; ${line} 2>&1 >/dev/null | head -1`), 0);
    const { failed, waiting } = JSON.parse(Deno.readTextFileSync(join(folder, "matrix.json")));
    assertEquals([failed, waiting], [[], []]);
    assertEquals(await shell(`${line} >/dev/full`), 1);
  },
});

Deno.test({
  name: "train stops in order on SIGHUP, and under nohup goes on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = join(runs, "hangup");
    const process = train(folder, LONG);
    await process.training;
    process.kill("SIGHUP");
    process.kill("SIGHUP"); // the shell sends one too
    const { code, stderr } = await process.ended;
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "Training stopped at step");

    const other = join(runs, "nohup");
    const settings = `train --device cpu ${quoted(SMALL_RUNS.steps)} --out "${other}"`;
    const line = `trap '' HUP; WSVAD ${settings} & ` +
      `while [ ! -e "${other}/last.safetensors" ]; do sleep 0.02; done; kill -HUP $!; wait $!`;
    assertEquals(await shell(line), 0);
  },
});
