/** The kills of tests/crash on every small run. */

import { join } from "node:path";
import { killAndCompare, trainToEnd } from "../crash/killed_runs.ts";
import { deviceOf, SMALL_RUNS } from "../crash/small_runs.ts";
import { hasAdapter } from "../support/gpu.ts";

for (const name of Object.keys(SMALL_RUNS) as (keyof typeof SMALL_RUNS)[]) {
  Deno.test({
    name: `train --resume continues bit for bit after each of six kills: ${name}`,
    ignore: name === "gpu" && !hasAdapter,
    async fn() {
      const runs = await Deno.makeTempDir();
      try {
        const [whole, folder] = [join(runs, "whole"), join(runs, "killed")];
        const settings = SMALL_RUNS[name];
        const options = ["--device", deviceOf(name)];
        await trainToEnd(whole, settings, options);
        await killAndCompare({ settings, options, whole, folder, kills: 6 });
      } finally {
        await Deno.remove(runs, { recursive: true });
      }
    },
  });
}
