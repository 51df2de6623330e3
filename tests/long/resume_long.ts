/** The kills and failures of tests/crash, often: `deno task test:long`. */

import { failAtEachCall } from "../crash/file_failures.ts";
import { resumesAfterKills } from "../crash/killed_runs.ts";
import { SMALL_RUNS } from "../crash/small_runs.ts";
import { hasAdapter } from "../support/gpu.ts";

for (const name of Object.keys(SMALL_RUNS) as (keyof typeof SMALL_RUNS)[]) {
  const what = `train --resume continues bit for bit after each of 100 kills: ${name}`;
  Deno.test({
    name: what,
    ignore: name === "gpu" && !hasAdapter,
    fn: () => resumesAfterKills(name, 100),
  });
}

Deno.test("training resumes bit for bit after its files fail at each call", () =>
  failAtEachCall({ every: 1 }));
