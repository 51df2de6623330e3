import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join, relative } from "node:path";
import { planMatrix } from "../../src/commands/matrix_grid.ts";
import { type MatrixRequest, runMatrix } from "../../src/commands/run_matrix.ts";
import { silent, type StepReport } from "../../src/progress.ts";
import { SMALL_DATA } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SMALL = [
  ...SMALL_DATA,
  ...["data.dim=32", "data.crops=2", "data.segments=6"],
  "trainer.loop=steps",
  "trainer.max_steps=4",
  "trainer.eval_every=2",
  "trainer.eval_start=0",
  "trainer.checkpoint_every=1",
];

function run(folder: string, runners: string[], more: Partial<MatrixRequest> = {}) {
  return runMatrix({
    folder,
    runners,
    seeds: 2,
    device: { device: "cpu", blas: "off" },
    progress: silent,
    ...more,
    settings: [...SMALL, ...more.settings ?? []],
  });
}

/** The time at which each run folder was finished. */
async function finishTimes(folder: string): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for await (const { name } of Deno.readDir(join(folder, "cells"))) {
    const { mtime } = await Deno.stat(join(folder, "cells", name, "result.json"));
    times.set(name, mtime!.getTime());
  }
  return times;
}

Deno.test("runMatrix() runs the grid once, and of a larger one only what is new", async () => {
  await withFolder(async (folder) => {
    const first = await run(folder, ["mil"]);
    const times = await finishTimes(folder);
    assertEquals(times.size, 2);
    const again = await run(folder, ["mil", "rtfm"], { settings: ["rtfm:runner.head.k=2"] });
    const after = await finishTimes(folder);
    assertEquals(after.size, 4);
    for (const [name, time] of times) assertEquals(after.get(name), time);
    const { groups: [{ rows }] } = again;
    assertEquals(rows.map(({ runner, cells }) => [runner, cells.length]), [["mil", 2], [
      "rtfm",
      2,
    ]]);
    assertEquals(rows[0].metrics, first.groups[0].rows[0].metrics);
    assertEquals(JSON.parse(await Deno.readTextFile(again.files.json)).runners, ["mil", "rtfm"]);
    const other = await run(folder, ["mil"], { settings: ["data.batch_size=1"] });
    assertEquals((await finishTimes(folder)).size, 6);
    // The tables keep the finished cells of the earlier grids, those of the grid first.
    const kept = other.groups[0].rows.map((
      { row, cells, planned, changes },
    ) => [
      row,
      cells.length,
      planned,
      changes.find((change) => change.startsWith("data.batch_size")),
    ]);
    assertEquals(kept, [
      ["mil", 2, 2, "data.batch_size 30 -> 1"],
      ["mil", 2, 2, "data.batch_size 30 -> 2"],
      ["rtfm", 2, 2, "data.batch_size 32 -> 2"],
    ]);
  });
});

Deno.test("planMatrix() and runMatrix() refuse the same folders, such as that of a run", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "config.yaml"), "");
    const grid = { folder, runners: ["mil"], seeds: 2, settings: SMALL };
    const real = await assertRejects(() => run(folder, ["mil"]), Error, "it holds no matrix");
    await assertRejects(() => planMatrix(grid), Error, real.message);
  });
});

Deno.test("runMatrix() stops after a step, and the same request ends as if it had not", async () => {
  await withFolder(async (folder) => {
    const [stopped, whole] = [join(folder, "stopped"), join(folder, "whole")];
    const controller = new AbortController();
    let secondSteps = 0;
    const step = ({ step, doing }: StepReport) => {
      if (doing === undefined && step === 2 && ++secondSteps === 2) controller.abort();
    };
    const progress = { ...silent, step };
    await assertRejects(
      () => run(stopped, ["mil"], { progress, stop: controller.signal }),
      Error,
      "Matrix stopped after 1 of 2 cells; the same command continues it",
    );
    const told = JSON.parse(await Deno.readTextFile(join(stopped, "matrix.json")));
    assertEquals(told.waiting.map(({ seed }: { seed: number }) => seed), [1]);
    const notes: string[] = [];
    const { groups } = await run(stopped, ["mil"], {
      progress: { ...silent, note: (text) => void notes.push(text) },
    });
    assert(notes.some((note) => note.includes("cell 2 of 2: mil, seed 1: goes on in")), `${notes}`);
    const { groups: expected } = await run(whole, ["mil"]);
    assertEquals(groups[0].rows[0].metrics, expected[0].rows[0].metrics);
    assertEquals(groups[0].rows[0].cells[1].key, expected[0].rows[0].cells[1].key);
  });
});

Deno.test("runMatrix() lists a cell that fails with its message, and runs the others", async () => {
  await withFolder(async (folder) => {
    const settings = ["rtfm:runner.head.k=7"]; // of 6 segments
    const named = relative(Deno.cwd(), folder);
    const { groups, failed, files } = await run(named, ["rtfm", "mil"], { settings, seeds: 1 });
    assertEquals(files.html, join(named, "matrix.html")); // as the user named the folder
    assertEquals(groups[0].rows.map(({ runner }) => runner), ["mil"]);
    assertEquals(failed.map(({ runner, seed }) => [runner, seed]), [["rtfm", 0]]);
    for (const path of [files.markdown, files.html, files.latex, files.json]) {
      assertStringIncludes(await Deno.readTextFile(path), "it selects 7 snippets");
    }
  });
});

Deno.test("runMatrix() puts features of another kind into another table", async () => {
  await withFolder(async (folder) => {
    const settings = ["rtfm:data.dim=64", "rtfm:runner.head.k=2"];
    const { groups, files } = await run(folder, ["mil", "rtfm"], { settings, seeds: 1 });
    assertEquals(groups.map(({ rows }) => rows.map(({ runner }) => runner)), [["mil"], ["rtfm"]]);
    assertStringIncludes(groups[1].provenance, "64");
    assertStringIncludes(await Deno.readTextFile(files.markdown), "not comparable");
  });
});

Deno.test("runMatrix() builds the dictionary that s3r needs, once for all seeds", async () => {
  await withFolder(async (folder) => {
    const settings = ["runner.head.k=2"];
    const { groups, failed } = await run(folder, ["s3r"], { settings });
    assertEquals(failed, []);
    const made = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".npy"));
    assertEquals(made.length, 1);
    assertEquals(groups[0].rows[0].cells.length, 2);
    const { mtime } = await Deno.stat(join(folder, made[0].name));
    await run(folder, ["s3r"], { settings });
    assertEquals((await Deno.stat(join(folder, made[0].name))).mtime, mtime);
  });
});
