/** Readers that take a path: features of every format, parquet manifests, ground-truth vectors. */

import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { readManifest } from "../../src/data/manifest.ts";
import { readStoredLabels } from "../../src/data/stored_labels.ts";
import { listArchive, openFeatures } from "../../src/io/features/open_features.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { encodeParquet } from "../../src/io/parquet.ts";
import { registry } from "../../src/model/registry.ts";
import { fortranNpy, numbered } from "../io/part_files.ts";
import { mat, matNumbers, zipOf } from "../io/small_tensor_files.ts";
import { MANIFEST } from "./text_readers.ts";

/** A reader of files with one ending. */
export interface FileReader {
  ending: string;
  seeds(): Promise<Uint8Array[]>;
  /** Bytes of what it gives, where they can be told. */
  read(path: string, size: number): Promise<number>;
}

const SHAPE = [2, 3, 4];
const values = numbered(24);

const features = (ending: string, seeds: FileReader["seeds"]): FileReader => ({
  ending,
  seeds,
  async read(path) {
    const many = ending === "zip" || ending === "h5";
    let bytes = 0;
    for (const place of many ? await listArchive(path) : [path]) {
      const reader = await openFeatures(place);
      const all = await reader.whole();
      assertEquals(all.length, reader.shape.reduce((a, b) => a * b, 1));
      const part = await reader.part(reader.shape.map((length) => [0, length]));
      assertEquals(part.length, all.length);
      bytes = Math.max(bytes, all.byteLength);
    }
    // Halves become floats of twice their size.
    return bytes / 2;
  },
});

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

const labels = Float32Array.from({ length: 40 }, (_, i) => Number(i > 10 && i < 25));

export const fileReaders: Record<string, FileReader> = {
  "features, .npy": features(
    "npy",
    () => Promise.resolve([encodeNpy(SHAPE, values), fortranNpy(SHAPE, values)]),
  ),
  "features, .zip": features("zip", async () => {
    const members = { "a/x.npy": encodeNpy(SHAPE, values), "y.npy": fortranNpy(SHAPE, values) };
    return [await zipOf(members, 0), await zipOf(members, 6)];
  }),
  "features, .npz": features("npz", async () => {
    const members = { "x.npy": encodeNpy(SHAPE, values) };
    return [await zipOf(members, 0), await zipOf(members, 6)];
  }),
  "features, .mat": features("mat", () => Promise.resolve([mat(matNumbers("x", 3, values))])),
  "features, text": features(
    "txt",
    () => Promise.resolve([new TextEncoder().encode("1 2.5 -3e-2\n4 5 6\n7,8,9\n")]),
  ),
  "features, HDF5": features("h5", h5Files),
  "manifests (parquet)": {
    ending: "parquet",
    async seeds() {
      const [{ size: _, ...record }] = MANIFEST;
      const table = (rows: number) =>
        encodeParquet(
          Object.entries(record).map(([name, value]) => ({
            name,
            values: Array.from({ length: rows }, () => String(value)),
          })),
        );
      return [await table(1), await table(20)];
    },
    async read(path) {
      const records = await readManifest(path);
      assert(records.length > 0);
      return JSON.stringify(records).length / 2;
    },
  },
  "ground truth (.npy)": {
    ending: "npy",
    seeds: () =>
      Promise.resolve([encodeNpy([40], labels), encodeNpy([40, 1], Float64Array.from(labels))]),
    async read(path) {
      // A folder of vectors by video, which holds this one.
      const found = await readStoredLabels(dataConfig, path.replace(/[\\/][^\\/]*$/, ""), 16);
      return [...found.values()].reduce((sum, { intervals }) => sum + 16 * intervals.length, 0);
    },
  },
};

const { data: dataConfig } = resolveConfig({ catalog: registry, overrides: ["runner=mil"] });
