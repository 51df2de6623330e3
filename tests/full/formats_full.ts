/** Damaged files and the kills of tests/io, more often than in the quick tests. */

import { runCampaign, trials } from "../fuzz/campaign.ts";
import { killInMidWrite } from "../io/kill_in_mid_write.ts";

for (const [name, trial] of Object.entries(trials)) {
  Deno.test(`2,000 damaged files are read or refused: ${name}`, async () => {
    await runCampaign(trial, { runs: 2000 });
  });
}

Deno.test("writeWhole() leaves a whole file after each of 40 kills", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await killInMidWrite(folder, 40);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
