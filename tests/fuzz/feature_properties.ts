/** What the readers of features promise for any bytes at all. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isFault } from "../../src/fault.ts";
import { listArchive, openFeatures } from "../../src/io/features/open_features.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { fortranNpy, numbered } from "../io/part_files.ts";
import { mat, matNumbers, zipOf } from "../io/small_tensor_files.ts";
import { damaged } from "./mutations.ts";
import { threadSeconds } from "../support/thread_time.ts";

const SHAPE = [2, 3, 4];
const values = numbered(24);

/** Files of each format by their ending. */
export const FORMATS: Record<string, () => Promise<Uint8Array[]>> = {
  npy: () => Promise.resolve([encodeNpy(SHAPE, values), fortranNpy(SHAPE, values)]),
  zip: async () => {
    const members = { "a/x.npy": encodeNpy(SHAPE, values), "y.npy": fortranNpy(SHAPE, values) };
    return [await zipOf(members, 0), await zipOf(members, 6)];
  },
  mat: () => Promise.resolve([mat(matNumbers("x", 3, values))]),
  txt: () => Promise.resolve([new TextEncoder().encode("1 2.5 -3e-2\n4 5 6\n7,8,9\n")]),
  h5: h5Files,
};

async function h5Files(): Promise<Uint8Array[]> {
  const { File, ready } = await import("h5wasm/node");
  await ready;
  const path = await Deno.makeTempFile({ suffix: ".h5" });
  const file = new File(path, "w");
  file.create_dataset({ name: "a", data: values, shape: SHAPE });
  file.create_group("g").create_dataset({
    name: "b",
    data: values,
    shape: SHAPE,
    chunks: [1, 3, 4],
    compression: "gzip",
    compression_opts: 6,
  });
  file.close();
  const bytes = await Deno.readFile(path);
  await Deno.remove(path);
  return [bytes];
}

/** What the constant beside the file's own size may be, in values. */
const CONSTANT = 5 * 2 ** 20;

/**
 * Damaged files are read, whole and in part, or refused by a fault, within a second of processor
 * time each.
 */
export async function damagedFeaturesAreReadOrRefused(format: string, runs: number) {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_fuzz_" });
  let whole = 0, refused = 0, slowest = 0, number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(damaged(await FORMATS[format]()), async (bytes) => {
        const path = `${folder}/${number++}.${format}`;
        await Deno.writeFile(path, bytes);
        const start = threadSeconds();
        try {
          const many = format === "zip" || format === "h5";
          for (const place of many ? await listArchive(path) : [path]) {
            const reader = await openFeatures(place);
            const all = await reader.whole();
            assert(all.length <= 2 * bytes.length + CONSTANT);
            assertEquals(all.length, reader.shape.reduce((a, b) => a * b, 1));
            const part = await reader.part(reader.shape.map((length) => [0, length]));
            assertEquals(part.length, all.length);
          }
          whole++;
        } catch (error) {
          assert(isFault(error), (error as Error).stack);
          refused++;
        } finally {
          await Deno.remove(path);
        }
        slowest = Math.max(slowest, 1000 * (threadSeconds() - start));
      }),
      { numRuns: runs },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert(whole > 0 && refused > 0, `${whole} of ${runs} were read: both ways must be tried`);
  assert(slowest < 1000, `the slowest took ${slowest} ms`);
}
