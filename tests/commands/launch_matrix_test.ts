/** A matrix whose cells are tasks of a launcher; the tasks themselves are not started here. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Launcher } from "../../src/commands/launch_matrix.ts";
import { runLaidCell } from "../../src/commands/run_cell.ts";
import { type MatrixRequest, runMatrix } from "../../src/commands/run_matrix.ts";
import { silent } from "../../src/progress.ts";
import { FakeSlurm } from "../launch/fake_slurm.ts";
import { SMALL_DATA } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SMALL = [
  ...[...SMALL_DATA, "trainer.loop=steps", "trainer.max_steps=2"],
  ...["eval.bootstrap=0", "runner.head.hidden=[4,3]"],
];
const device = { device: "cpu", blas: "off" } as const;
const unix = { ignore: Deno.build.os === "windows" };

function run(folder: string, launcher?: Launcher, more: Partial<MatrixRequest> = {}) {
  return runMatrix({
    ...{ folder, runners: ["mil"], seeds: 2, settings: SMALL, device, progress: silent, launcher },
    ...more,
  });
}

Deno.test(
  "runMatrix() of Slurm submits what is missing, once, and lists what failed with its log",
  unix,
  () =>
    withFolder(async (folder) => {
      const slurm = new FakeSlurm(folder);
      const launcher: Launcher = {
        kind: "slurm",
        options: { grace: 60, sbatch: [] },
        place: { bin: slurm.bin },
      };
      const grid = join(folder, "grid");
      const first = await run(grid, launcher);
      assertEquals(first.submitted!.map(({ job, tasks }) => [job, tasks]), [["1", 2]]);
      assertEquals([first.waiting.length, first.failed.length], [2, 0]);
      const script = Deno.readTextFileSync(first.submitted![0].script);
      const [, name] = /--job-name=(\S+)/.exec(script)!;
      const cells = [...Deno.readDirSync(join(grid, "cells"))].map(({ name }) => name).sort();
      for (const cell of cells) assertStringIncludes(script, `  cells/${cell}\n`);

      slurm.queue([name, 0, "3", "RUNNING"], [name, 1, "1", "PENDING"]);
      const second = await run(grid, launcher);
      assertEquals([second.submitted, second.queued], [[], 2]);

      // One cell is done; the other was lost with its host, which left its lock.
      await runLaidCell(join(grid, "cells", cells[0]), { device, progress: silent });
      const lost = join(grid, "cells", cells[1]);
      Deno.writeTextFileSync(join(lost, "task.log"), "step 1/2\nslurmstepd: error: killed\n");
      const owner = { pid: 1, host: "gone", since: "", boot: "x", numbers: null, started: null };
      Deno.writeTextFileSync(join(lost, ".lock"), JSON.stringify({ ...owner, job: "1" }));
      slurm.queue();
      const third = await run(grid, launcher);
      assertEquals(third.groups[0].rows[0].cells.map(({ seed }) => seed), [0]);
      const [failed] = third.failed;
      assertEquals([failed.seed, failed.message], [1, "its task ended without a result"]);
      assertEquals(failed.log, ["step 1/2", "slurmstepd: error: killed"]);
      assertEquals(third.submitted!.map(({ job, tasks }) => [job, tasks]), [["2", 1]]);
      assertEquals(existsSync(join(lost, ".lock")), false);

      await runLaidCell(lost, { device, progress: silent });
      const whole = join(folder, "whole");
      await run(whole);
      for (const cell of cells) {
        for (const file of ["best.safetensors", "last.safetensors", "test_scores.json"]) {
          const [here, there] = [grid, whole].map((at) =>
            Deno.readFileSync(join(at, "cells", cell, file))
          );
          assertEquals(here, there, `${cell}/${file}`);
        }
      }
      const last = await run(grid, launcher);
      assertEquals([last.submitted, last.queued, last.failed, last.waiting], [[], 0, [], []]);
    }),
);

Deno.test(
  "runMatrix() of local processes lists those that fail, with what they said or how they ended",
  unix,
  () =>
    withFolder(async (folder) => {
      const tool = join(folder, "tool.sh");
      // "matrix --cell DIR ...": the second cell says itself why it fails, the first is killed.
      Deno.writeTextFileSync(
        tool,
        `case $3 in
       *seed0*) echo no memory; kill -KILL $$ ;;
       *) echo '{"message":"the features are gone","bug":false}' >"$3/failed.json"; exit 1 ;;
       esac`,
      );
      const launcher = { kind: "local", parallel: 2, command: ["sh", tool] } as const;
      const grid = join(folder, "grid");
      const { failed, waiting } = await run(grid, launcher);
      assertEquals(waiting, []);
      assertEquals(failed.map(({ message }) => message), [
        "its process ended by SIGKILL",
        "the features are gone",
      ]);
      assertEquals(failed[0].log, ["no memory"]);
      const page = Deno.readTextFileSync(join(grid, "matrix.html"));
      for (const text of ["the features are gone", "no memory"]) assertStringIncludes(page, text);
    }),
);

/** A program that works until it is told to end. */
function endlessTool(folder: string): string {
  const tool = join(folder, "tool.sh");
  Deno.writeTextFileSync(tool, 'trap "exit 1" TERM; while :; do sleep 0.02; done');
  return tool;
}

Deno.test(
  "runMatrix() of local processes that is stopped says how to go on",
  unix,
  () =>
    withFolder(async (folder) => {
      const tool = endlessTool(folder);
      const controller = new AbortController();
      const progress = { ...silent, note: (text: string) => void notes.push(text) };
      const notes: string[] = [];
      const launcher = { kind: "local", parallel: 1, command: ["sh", tool] } as const;
      const running = run(join(folder, "grid"), launcher, { progress, stop: controller.signal });
      setTimeout(() => controller.abort(), 400);
      await assertRejects(() => running, Error, "Matrix stopped after 0 of 2 cells");
      assert(notes.some((note) => note.startsWith("2 cells: 1 row, seeds 0, 1")), `${notes}`);
      const told = JSON.parse(Deno.readTextFileSync(join(folder, "grid/matrix.json")));
      assertEquals([told.failed.length, told.waiting.length], [0, 2]);
    }),
);

Deno.test(
  "runMatrix() with the median ends when it is stopped while cells wait for others that wait themselves",
  unix,
  () =>
    withFolder(async (folder) => {
      const tool = endlessTool(folder);
      const controller = new AbortController();
      // The cells of the first five seeds run, the next five wait for these, the last for all.
      const launcher = { kind: "local", parallel: 11, command: ["sh", tool] } as const;
      let begun = 0;
      const note = (text: string) => {
        if (/^cell \d+ of 11/.test(text) && ++begun === 5) {
          setTimeout(() => controller.abort(), 200);
        }
      };
      const more = { seeds: 11, median: true, stop: controller.signal };
      const running = run(join(folder, "grid"), launcher, {
        ...more,
        progress: { ...silent, note },
      });
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error("it has not ended")), 10_000);
      await assertRejects(
        () => Promise.race([running, late.promise]),
        Error,
        "Matrix stopped after 0 of 11 cells",
      );
      clearTimeout(timer);
    }),
);

Deno.test("runLaidCell() keeps why it failed, and refuses a folder that is no cell", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => runLaidCell(folder, { device, progress: silent }),
      Error,
      "no config.yaml in it; name a folder below cells/",
    );
  }));
