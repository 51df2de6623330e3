import { damagedFilesAreReadOrRefused, readers } from "./tensor_file_properties.ts";

for (const [name, reader] of Object.entries(readers)) {
  Deno.test(`${name} reads or refuses any damaged file`, () =>
    damagedFilesAreReadOrRefused(reader, 1000));
}
