/** The properties of tests/fuzz and the kills of tests/io, often: `deno task test:long`. */

import { runCampaign, trials } from "../fuzz/campaign.ts";
import { npyKeepsEveryArray, safetensorsKeepEveryTensor } from "../fuzz/format_properties.ts";
import { killInMidWrite } from "../io/kill_in_mid_write.ts";

for (const [name, trial] of Object.entries(trials)) {
  Deno.test(`20,000 damaged files are read or refused: ${name}`, async () => {
    await runCampaign(trial, { runs: 20_000 });
  });
}

Deno.test("decodeNpy() gives what encodeNpy() was given, 50,000 times", () =>
  npyKeepsEveryArray(50_000));

Deno.test("decodeSafetensors() gives what encodeSafetensors() was given, 50,000 times", () =>
  safetensorsKeepEveryTensor(50_000));

Deno.test("writeWhole() leaves a whole file after each of 300 kills", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await killInMidWrite(folder, 300);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
