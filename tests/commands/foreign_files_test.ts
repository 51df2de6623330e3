/**
 * Every file of ../shared/data/formats given to the commands that would be given it: weights to
 * `wsvad import`, arrays and archives to `wsvad data convert`.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { convertData } from "../../src/commands/convert_data.ts";
import { runImport } from "../../src/commands/import_checkpoint.ts";
import { isFault } from "../../src/fault.ts";
import { readNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { assertHolds, type ExpectedArray } from "../io/golden_formats.ts";
import { hasShared, shared } from "../support/shared.ts";
import { withFolder } from "../support/temporary_folder.ts";

interface Expected extends Partial<ExpectedArray> {
  expect: "ok" | "rejected";
}

const files: [path: string, expected: Expected][] = hasShared
  ? Object.entries(JSON.parse(Deno.readTextFileSync(shared("data/formats/expected.json"))).files)
  : [];

const ARRAYS = /\.(npy|zip)$/;
/** What features are: arrays of numbers with axes. Others are read by their reader alone. */
const isFeatures = ({ dtype, shape, size }: Expected) =>
  /^float(16|32|64)$/.test(dtype ?? "") && shape!.length >= 2 && shape!.length <= 3 && size! > 0;

/** What `import` says of weights that it has read and that are none of mil's. */
const TOLD = /Cannot load weights from|channels of its features|without a name|holds no tensors/;

/** What a command throws; null where it does not. */
async function refusalOf(work: () => Promise<unknown>): Promise<Error | null> {
  try {
    await work();
    return null;
  } catch (error) {
    assert(isFault(error), (error as Error).stack);
    return error as Error;
  }
}

const convert = (path: string, out: string) =>
  convertData({
    ...{ paths: [shared(`data/formats/${path}`)], out, float16: false },
    ...{ overwrite: true, progress: silent },
  });

const importFile = (path: string, out: string) =>
  runImport({
    ...{ checkpoint: shared(`data/formats/${path}`), out, runner: "mil" },
    ...{ overrides: [], configDirs: [], overwrite: true },
  });

Deno.test({
  name: "data convert and import refuse every hostile file by a fault, and write nothing",
  ignore: !hasShared,
  fn: () =>
    withFolder(async (folder) => {
      const hostile = files.filter(([, { expect }]) => expect === "rejected");
      assert(hostile.length >= 53);
      for (const [path] of hostile) {
        const out = join(folder, "out");
        const refusal = await refusalOf(() =>
          ARRAYS.test(path) ? convert(path, out) : importFile(path, `${out}.safetensors`)
        );
        assert(refusal !== null, `${path} was taken`);
        assertStringIncludes(refusal.message, path.split("/").at(-1)!);
        const written = [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
          isDirectory ? [...Deno.readDirSync(join(folder, name))].map((file) => file.name) : [name]
        );
        assertEquals(written, [], path);
      }
    }),
});

Deno.test({
  name:
    "data convert gives the values of every array, import reads all weights and tells their keys",
  ignore: !hasShared,
  fn: () =>
    withFolder(async (folder) => {
      let arrays = 0, weights = 0;
      for (const [path, expected] of files.filter(([, { expect }]) => expect === "ok")) {
        if (path.endsWith(".npy") && isFeatures(expected)) {
          const out = join(folder, String(arrays++));
          await convert(path, out);
          const { shape, data } = await readNpy(join(out, path.split("/").at(-1)!));
          const halves = expected.dtype === "float64";
          // As float32, to which the sum of float64 values is rounded.
          if (!halves) assertHolds(shape, data, expected as ExpectedArray);
          else assertEquals(shape, expected.shape);
        } else if (/^(torch|safetensors)\//.test(path)) {
          const out = join(folder, "x.safetensors");
          const { message } = (await refusalOf(() => importFile(path, out)))!;
          assert(
            TOLD.test(message),
            message,
          );
          weights++;
        }
      }
      assert(arrays >= 5 && weights >= 14, `${arrays} arrays, ${weights} files of weights`);
    }),
});
