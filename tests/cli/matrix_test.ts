import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { wsvad } from "./run_wsvad.ts";
import { SMALL_DATA } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SMALL = [...SMALL_DATA, "trainer.max_steps=2"];

Deno.test("wsvad matrix prints JSON, exits 1 for a failed cell, and says so in its tables", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "grid");
    const args = ["matrix", "--runners", "mil,rtfm", "--seeds", "1", "--out", out, "--json"];
    const failing = await wsvad([...args, ...SMALL, "rtfm:runner.head.k=5"]);
    assertEquals(failing.code, 1, failing.stderr);
    const { groups, failed, files } = JSON.parse(failing.stdout);
    assertEquals(groups[0].rows.map(({ runner }: { runner: string }) => runner), ["mil"]);
    assertStringIncludes(failed[0].message, "it selects 5 snippets");
    assertEquals(files.json, join(out, "matrix.json"));

    const mended = await wsvad([
      "matrix",
      "--runners",
      "mil",
      "--seeds",
      "1",
      "--out",
      out,
      ...SMALL,
    ]);
    assertEquals(mended.code, 0, mended.stderr);
    assertStringIncludes(mended.stdout, "1 of 1 cells");
    assertEquals(mended.stderr.includes("step 2/2"), false, "the finished cell is not run again");
  });
});

Deno.test("wsvad matrix keeps away from a folder that holds something else", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    const { code, stderr } = await wsvad(["matrix", "--runners", "mil", "--out", folder]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "it holds no matrix; give another --out");
    const twice = await wsvad(["matrix", "--runners", "mil,nil", "--out", join(folder, "new")]);
    assertEquals(twice.code, 1);
    assertStringIncludes(twice.stderr, `did you mean`);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["notes.txt"]);
  });
});
