/** The kills and failures of tests/crash, often: `deno task test:long`. */

import { join } from "node:path";
import { failAtEachCall } from "../crash/file_failures.ts";
import { killAndCompare, trainToEnd } from "../crash/killed_runs.ts";
import { deviceOf, SMALL_RUNS } from "../crash/small_runs.ts";
import { hasAdapter } from "../support/gpu.ts";

async function resumes(name: keyof typeof SMALL_RUNS): Promise<void> {
  const runs = await Deno.makeTempDir();
  try {
    const [whole, folder] = [join(runs, "whole"), join(runs, "killed")];
    const settings = SMALL_RUNS[name];
    const options = ["--device", deviceOf(name)];
    await trainToEnd(whole, settings, options);
    await killAndCompare({ settings, options, whole, folder, kills: 100 });
  } finally {
    await Deno.remove(runs, { recursive: true });
  }
}

for (const name of Object.keys(SMALL_RUNS) as (keyof typeof SMALL_RUNS)[]) {
  const what = `train --resume continues bit for bit after each of 100 kills: ${name}`;
  Deno.test({ name: what, ignore: name === "gpu" && !hasAdapter, fn: () => resumes(name) });
}

Deno.test("training resumes bit for bit after its files fail at each call", () =>
  failAtEachCall({ every: 1 }));
