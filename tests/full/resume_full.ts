/** The kills of tests/crash on every small run. */

import { resumesAfterKills } from "../crash/killed_runs.ts";
import { SMALL_RUNS } from "../crash/small_runs.ts";
import { hasAdapter } from "../support/gpu.ts";

for (const name of Object.keys(SMALL_RUNS) as (keyof typeof SMALL_RUNS)[]) {
  Deno.test({
    name: `train --resume continues bit for bit after each of six kills: ${name}`,
    ignore: name === "gpu" && !hasAdapter,
    fn: () => resumesAfterKills(name, 6),
  });
}
