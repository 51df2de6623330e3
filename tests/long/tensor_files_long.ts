/**
 * The readers of foreign tensor files and of features, often; `deno task fuzz` gives each 1,000,000
 * files.
 */

import { damagedFeaturesAreReadOrRefused, FORMATS } from "../fuzz/feature_properties.ts";
import { damagedFilesAreReadOrRefused, readers } from "../fuzz/tensor_file_properties.ts";

const runs = Number(Deno.env.get("WSVAD_FUZZ_RUNS") ?? 20_000);

for (const [name, reader] of Object.entries(readers)) {
  Deno.test(`${name} reads or refuses ${runs} damaged files`, () =>
    damagedFilesAreReadOrRefused(reader, runs));
}

for (const format of Object.keys(FORMATS)) {
  Deno.test(`.${format} features are read or refused: ${runs} damaged files`, () =>
    damagedFeaturesAreReadOrRefused(format, runs));
}
