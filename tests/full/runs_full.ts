/** Ten thousand runs in one folder. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { listRuns } from "../../src/commands/run_runs.ts";
import { silent } from "../../src/progress.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("listRuns() lists 10,000 runs that it knows in a sixth of the time that reading them took", () =>
  withFolder(async (root) => {
    const first = join(root, "run");
    Deno.mkdirSync(first);
    await trainInto(first, smallConfig("trainer.max_steps=1"));
    const [result, log] = ["result.json", "log.jsonl"].map((name) =>
      Deno.readTextFileSync(join(first, name))
    );
    for (let i = 1; i < 10_000; i++) {
      const run = join(root, `run${i}`);
      Deno.mkdirSync(run);
      // The time to read a whole configuration, once for each run, is not what is looked at here.
      Deno.writeTextFileSync(join(run, "config.yaml"), "trainer: { seed: 0 }\n");
      Deno.writeTextFileSync(join(run, "result.json"), result);
      Deno.writeTextFileSync(join(run, "log.jsonl"), log);
    }
    // Against the first time, as a machine's own speed changes: 0.8 s of a processor after 13.
    const secondsOf = async (where?: string) => {
      const before = threadSeconds();
      assertEquals((await listRuns(root, where, silent)).length, 10_000);
      return threadSeconds() - before;
    };
    const reading = await secondsOf();
    const known = [await secondsOf("runner=mil and steps=1"), await secondsOf("steps=1")];
    assert(Math.min(...known) < reading / 6, `${known} s after ${reading} s`);
  }));
