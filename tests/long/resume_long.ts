/** The kills and failures of tests/crash, often: `deno task test:long`. */

import { join } from "node:path";
import { failAtEachCall } from "../crash/file_failures.ts";
import { killAndCompare, trainToEnd } from "../crash/killed_runs.ts";
import { SMALL_RUNS } from "../crash/small_runs.ts";

for (const name of Object.keys(SMALL_RUNS) as (keyof typeof SMALL_RUNS)[]) {
  Deno.test(`train --resume continues bit for bit after each of 100 kills: ${name}`, async () => {
    const runs = await Deno.makeTempDir();
    try {
      const [whole, folder] = [join(runs, "whole"), join(runs, "killed")];
      const settings = SMALL_RUNS[name];
      await trainToEnd(whole, settings);
      await killAndCompare({ settings, whole, folder, kills: 100 });
    } finally {
      await Deno.remove(runs, { recursive: true });
    }
  });
}

Deno.test("training resumes bit for bit after its files fail at each call", () =>
  failAtEachCall({ every: 1 }));
