import { assert } from "@std/assert";
import { runCampaign, trials } from "./campaign.ts";

/** So many that both ways are met, in under a second each. */
const RUNS = 300;
// The same files in every run; `deno task fuzz` tries others. One that a reader never comes back
// from would keep all tests waiting.
const SEED = 4;

for (const [name, trial] of Object.entries(trials)) {
  Deno.test(`damaged files are read or refused: ${name}`, async () => {
    const { read, ran } = await runCampaign(trial, { runs: RUNS, seed: SEED });
    assert(read > 0 && read < ran, `${read} of ${ran} were read: both ways must be tried`);
  });
}
