/**
 * A matrix of 24 cells as an array of a real Slurm, whose tasks meet their time limit and a node
 * that dies: every cell has the bytes of one that was run without faults.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { assertSameRun } from "../crash/compare_runs.ts";
import { denoRun } from "../cli/run_wsvad.ts";
import { hasSlurm, OneNodeSlurm } from "../support/slurm.ts";
import { requiresTool } from "../support/required_tools.ts";

requiresTool("Slurm with munge, as root", hasSlurm);

/** 22 cells of a second, and two that last longer than their time limit. */
const GRID = [
  "--runners",
  "short=mil@runner.optimizer.lr=choice(1e-3,1e-2)@trainer.seed=0..10," +
  "long=mil@trainer.max_steps=5000@trainer.seed=0..1",
  ...["trainer=quick", "trainer.max_steps=20", "trainer.checkpoint_every=200"],
  ...["trainer.eval_every=2500", "eval.bootstrap=200", "data.dim=32"],
  ...["data.synthetic.videos_train=8", "data.synthetic.videos_test=6"],
  ...["--device", "cpu"],
];
/** A minute is the shortest limit that Slurm has; it looks every half of one. */
const SLURM = ["--launcher", "slurm", "--time", "1", "--grace", "20"];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function logs(grid: string): Map<string, string> {
  const cells = join(grid, "cells");
  return new Map(
    [...Deno.readDirSync(cells)].map(({ name }) => {
      try {
        return [name, Deno.readTextFileSync(join(cells, name, "task.log"))];
      } catch {
        return [name, ""]; // its turn has not come
      }
    }),
  );
}

/** The last step that a log tells of. */
function lastStep(log: string): number {
  return Number([...log.matchAll(/^step (\d+)\//gm)].at(-1)?.[1] ?? 0);
}

Deno.test({
  name:
    "matrix --launcher slurm: after time limits and the death of a node 24 cells are as without",
  ignore: !hasSlurm,
  async fn(test) {
    const folder = await Deno.makeTempDir({ prefix: "wsvad_slurm_" });
    try {
      const [whole, grid, home] = ["whole", "grid", "slurm"].map((name) => join(folder, name));
      Deno.mkdirSync(home);
      await using slurm = await OneNodeSlurm.start(home, 4);
      const matrix = async (...args: string[]) => {
        const command = ["run", "-A", "main.ts", "matrix", ...GRID, ...args, "--json"];
        const { code, stdout, stderr } = await denoRun(command, undefined, slurm.environment);
        const said = JSON.parse(stdout);
        assertEquals(code, said.failed.length > 0 ? 1 : 0, stderr + stdout);
        return said;
      };
      const started = await matrix("--out", grid, ...SLURM);
      assertEquals(started.submitted.map(({ tasks }: { tasks: number }) => tasks), [24]);
      const again = await matrix("--out", grid, ...SLURM);
      assertEquals([again.submitted, again.failed], [[], []]);

      await test.step("the node dies while the long cells are beyond a checkpoint", async () => {
        const longs = () => [...logs(grid).values()].filter((log) => lastStep(log) > 250);
        for (let i = 0; longs().length < 1; i++) {
          assert(i < 300, "no long cell has begun");
          await sleep(200);
        }
        await slurm.killNode();
        await slurm.startNode();
      });

      const emptyQueue = async () => {
        const end = Date.now() + 300_000;
        for (let queue = "x"; queue !== ""; await sleep(500)) {
          assert(Date.now() < end, queue);
          queue = (await slurm.call("squeue", "-h", "--array", "-o", "%i %T %r")).trim();
          // Slurm lets a task that was queued again wait for two minutes.
          for (const [, id] of queue.matchAll(/^(\S+) PENDING BeginTime$/gm)) {
            // One time limit is enough: the next start gets time to end.
            const met = [...logs(grid).values()].some((log) => log.includes("is queued again"));
            const change = ["StartTime=now", ...met ? ["TimeLimit=30"] : []];
            await slurm.call("scontrol", "update", `JobId=${id}`, ...change).catch(() => {});
          }
        }
      };
      await test.step("all tasks end, those that were queued again too", async () => {
        await emptyQueue();
        const said = [...logs(grid).values()];
        assert(said.some((log) => /is queued again/.test(log)), "no task met its time limit");
        assert(said.some((log) => /, start [1-9]/.test(log)), "no task was started again");
      });

      // On a busy machine a task may be killed before it has written its checkpoint and queued
      // itself again: it is listed with its log, and the same call submits it anew.
      let finished = await matrix("--out", grid, ...SLURM);
      for (let round = 0; round < 3 && finished.submitted.length > 0; round++) {
        console.log("submitted again:", JSON.stringify(finished.failed));
        await emptyQueue();
        finished = await matrix("--out", grid, ...SLURM);
      }
      assertEquals([finished.submitted, finished.failed, finished.waiting], [[], [], []]);

      await test.step("every cell has the bytes of one without faults", async () => {
        await matrix("--out", whole, "--parallel", "2");
        const cells = [...Deno.readDirSync(join(whole, "cells"))].map(({ name }) => name);
        assertEquals(cells.length, 24);
        for (const cell of cells) {
          await assertSameRun({
            interrupted: join(grid, "cells", cell),
            whole: join(whole, "cells", cell),
          });
        }
        const page = await Deno.readTextFile(join(grid, "matrix.md"));
        assertStringIncludes(page, "24 of 24 cells");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
