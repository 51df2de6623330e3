import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { filesToScore } from "../../src/commands/score_sources.ts";
import { clearRunFolder, runFiles, whyNoRun } from "../../src/run_folder/run_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("clearRunFolder() removes an earlier run and what it left unfinished, and no other file", () =>
  withFolder(async (folder) => {
    const files = runFiles(folder);
    for (const path of [files.config, files.log, files.best, files.last, files.report]) {
      Deno.writeTextFileSync(path, "old");
    }
    for (const name of [".last.safetensors.1234567890-3.partial", "notes.txt"]) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    await clearRunFolder(files);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    // The settings stay until those of the new run replace them.
    assertEquals(left, ["config.yaml", "notes.txt"]);
  }));

Deno.test({
  name: "a run and features in a folder that may not be entered are not said to be missing",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0, // root enters all
  fn: () =>
    withFolder(async (folder) => {
      const locked = join(folder, "locked");
      Deno.mkdirSync(locked, { mode: 0 });
      const path = join(locked, "x");
      try {
        await assertRejects(() => filesToScore([path]), Error, "permission denied");
        assertThrows(() => whyNoRun(path), Error, "permission denied");
      } finally {
        Deno.chmodSync(locked, 0o700); // so that it can go
      }
    }),
});
