/** The properties of tests/fuzz and the kills of tests/io, more often than in the quick tests. */

import {
  damagedNpyIsReadOrRefused,
  damagedSafetensorsAreReadOrRefused,
} from "../fuzz/format_properties.ts";
import { killInMidWrite } from "../io/kill_in_mid_write.ts";

Deno.test("decodeNpy() reads or refuses 20,000 damaged files", () =>
  damagedNpyIsReadOrRefused(20_000));

Deno.test("decodeSafetensors() reads or refuses 20,000 damaged files", () =>
  damagedSafetensorsAreReadOrRefused(20_000));

Deno.test("writeWhole() leaves a whole file after each of 40 kills", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await killInMidWrite(folder, 40);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
