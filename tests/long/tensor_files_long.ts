/** The readers of foreign tensor files, often; `deno task fuzz` gives each 1,000,000 files. */

import { damagedFilesAreReadOrRefused, readers } from "../fuzz/tensor_file_properties.ts";

const runs = Number(Deno.env.get("WSVAD_FUZZ_RUNS") ?? 20_000);

for (const [name, reader] of Object.entries(readers)) {
  Deno.test(`${name} reads or refuses ${runs} damaged files`, () =>
    damagedFilesAreReadOrRefused(reader, runs));
}
