/** Cells of a matrix that fail: by a damaged file, and by our own fault. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { denoRun } from "../cli/run_wsvad.ts";
import { SMALL_RUNS } from "../crash/small_runs.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SETTINGS = [
  ...SMALL_RUNS.steps.filter((setting) => !setting.startsWith("runner")),
  ...["trainer.max_steps=4", "trainer.eval_every=2", "rtfm:runner.head.k=2"],
];

function matrix(folder: string, runners: string, before: string[] = []) {
  const args = ["matrix", "--runners", runners, "--seeds", "1", ...SETTINGS, "--device", "cpu"];
  return denoRun(["run", "-A", ...before, "main.ts", ...args, "--out", folder]);
}

const told = (folder: string) => JSON.parse(Deno.readTextFileSync(join(folder, "matrix.json")));

for (
  const [name, text, found] of [
    ["half a result", '{"data":', "it is no JSON"],
    ["a result of another form", '{"data":{"name":3}}', "data.name: "],
    ["nothing", "null", "the whole: "],
  ]
) {
  Deno.test(`matrix lists a cell whose result.json is ${name} by file and field, and reads the others`, () =>
    withFolder(async (folder) => {
      assertEquals((await matrix(folder, "mil,rtfm")).code, 0);
      const cells = join(folder, "cells");
      const cell = [...Deno.readDirSync(cells)].find(({ name }) => name.startsWith("rtfm"))!.name;
      const path = join(cells, cell, "result.json");
      Deno.writeTextFileSync(path, text);
      const { code, stderr } = await matrix(folder, "mil,rtfm");
      assertEquals(code, 1, stderr);
      const { failed: [failed], groups } = told(folder);
      assertEquals([failed.runner, failed.bug], ["rtfm", false]);
      assertStringIncludes(failed.message, `Cannot read the result "${path}": `);
      assertStringIncludes(failed.message, found);
      assertEquals(groups[0].rows.map(({ runner }: { runner: string }) => runner), ["mil"]);
      assertEquals(Deno.readTextFileSync(path), text);
    }));
}

Deno.test("matrix tells its own fault from the user's: stack, exit 2, marked in matrix.json and on the page", () =>
  withFolder(async (folder) => {
    const patch = join(folder, "patch.ts");
    Deno.writeTextFileSync(
      patch,
      `const open = Deno.open;
       Deno.open = (path, options) => {
         if (/rtfm-seed.*log\\.jsonl$/.test(String(path)) && options?.append) null.injected;
         return open(path, options);
       };`,
    );
    const out = join(folder, "matrix");
    const preload = ["--preload", pathToFileURL(patch).href, "--no-check"];
    const { code, stderr } = await matrix(out, "rtfm,mil", preload);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "rtfm, seed 0 failed by a bug in wsvad");
    assert(/^\s+at .*\.ts:\d+/m.test(stderr), stderr);
    const { failed: [failed], groups } = told(out);
    assertEquals([failed.runner, failed.bug], ["rtfm", true]);
    assertEquals(groups[0].rows.map(({ runner }: { runner: string }) => runner), ["mil"]);
    for (const file of ["matrix.html", "matrix.md", "matrix.tex"]) {
      assertStringIncludes(Deno.readTextFileSync(join(out, file)), "a bug in wsvad", file);
    }
  }));
