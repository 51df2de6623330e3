/** Readers of named tensors and of arrays, given bytes in memory. */

import { assertEquals } from "@std/assert";
import { deflateSync } from "node:zlib";
import { decodeArrayPickle } from "../../src/io/array_pickle.ts";
import { decodeMat } from "../../src/io/mat_file.ts";
import { decodeNpy } from "../../src/io/npy.ts";
import { openNpz } from "../../src/io/npz.ts";
import { decodeSafetensors, float32Of } from "../../src/io/safetensors.ts";
import type { TensorFile } from "../../src/io/tensor_file.ts";
import { decodeTorchLegacy, openTorchZip } from "../../src/io/torch_file.ts";
import { openZip } from "../../src/io/zip_archive.ts";
import { hasShared, shared } from "../support/shared.ts";
import { golden, goldenFiles } from "../io/golden_formats.ts";
import {
  arrayPickle,
  inMemory,
  mat,
  matCell,
  matNumbers,
  matPacked,
  matText,
  npz,
  torchLegacy,
  torchZip,
  w,
  zipOf,
} from "../io/small_tensor_files.ts";

export interface TensorReader {
  seeds(): Promise<Uint8Array[]>;
  /** Bytes of what it gives. */
  read(bytes: Uint8Array): Promise<number>;
}

const variables = [matNumbers("w", 2, w), matCell("c", matNumbers("", 1, [1])), matText("t", "ab")];

const goldenSeeds = (ending: ".npy" | ".safetensors") => () =>
  Promise.resolve(
    [...goldenFiles(ending.slice(1), ending), ...goldenFiles("broken", ending)]
      .map(([file]) => Deno.readFileSync(golden(file))),
  );

/** Files of other libraries, where ../shared is: of a folder of its formats, by their names. */
function sharedSeeds(folder: string, names: RegExp): Uint8Array[] {
  if (!hasShared) return [];
  const below = shared(`data/formats/${folder}`);
  return [...Deno.readDirSync(below)].map(({ name }) => name).filter((name) => names.test(name))
    .sort().map((name) => Deno.readFileSync(`${below}/${name}`));
}

/** A pickle within a whole archive, so that its damage is not found by the archive's checksum. */
async function archivedPickle(pickle: Uint8Array): Promise<Uint8Array> {
  return await zipOf({ "a/data.pkl": pickle, "a/data/0": new Uint8Array(w.buffer) }, 0);
}

/** All tensors of a file, one after the other. */
const tensors =
  (open: (bytes: Uint8Array) => TensorFile | Promise<TensorFile>): TensorReader["read"] =>
  async (bytes) => {
    const file = await open(bytes);
    let total = 0;
    for (const [path, { shape }] of file.tensors) {
      const tensor = await file.read(path);
      assertEquals(tensor.shape, shape);
      assertEquals(float32Of(tensor).length, shape.reduce((a, b) => a * b, 1));
      total += tensor.bytes.length;
    }
    return total;
  };

export const tensorReaders: Record<string, TensorReader> = {
  ".npy": {
    seeds: goldenSeeds(".npy"),
    read(bytes) {
      const { shape, data } = decodeNpy(bytes, "x.npy");
      assertEquals(data.length, shape.reduce((a, b) => a * b, 1));
      return Promise.resolve(data.byteLength);
    },
  },
  ".safetensors": {
    seeds: goldenSeeds(".safetensors"),
    read: tensors((bytes) => {
      const { tensors, metadata } = decodeSafetensors(bytes, "x.safetensors");
      return {
        kind: "a .safetensors file",
        tensors,
        plain: new Map(Object.entries(metadata)),
        read: (name) => Promise.resolve(tensors.get(name)!),
      };
    }),
  },
  ".npz": {
    seeds: async () => [await npz(0), await npz(9), ...sharedSeeds("npz", /npz$/)],
    read: tensors((bytes) => openNpz(inMemory(bytes))),
  },
  "zip archives": {
    async seeds() {
      const members = { "a/x.npy": new Uint8Array(w.buffer), "y.txt": new Uint8Array(30) };
      const own = [await zipOf(members, 0), await zipOf(members, 9)];
      return [...own, ...sharedSeeds("zip", /zip$/)];
    },
    async read(bytes) {
      const archive = await openZip(inMemory(bytes));
      let total = 0;
      for (const name of archive.names) total += (await archive.read(name)).length;
      return total;
    },
  },
  "PyTorch, zip container": {
    seeds: async () => [await torchZip(), ...sharedSeeds("torch", /zip\./)],
    read: tensors((bytes) => openTorchZip(inMemory(bytes))),
  },
  "PyTorch, the pickle in a zip container": {
    seeds: async () => [
      await (await openZip(inMemory(await torchZip()))).read("archive/data.pkl"),
    ],
    read: tensors(async (bytes) => openTorchZip(inMemory(await archivedPickle(bytes)))),
  },
  "PyTorch, older container": {
    seeds: () => Promise.resolve([torchLegacy(), ...sharedSeeds("torch", /legacy\./)]),
    read: tensors((bytes) => decodeTorchLegacy(bytes, "x")),
  },
  "pickles of arrays": {
    seeds() {
      const own = [arrayPickle(), arrayPickle(undefined, { fortran: "\x88" })];
      return Promise.resolve([...own, ...sharedSeeds("torch", /^caffe2/)]);
    },
    read: tensors((bytes) => decodeArrayPickle(bytes, "x")),
  },
  "MATLAB": {
    seeds: () =>
      Promise.resolve([
        mat(...variables),
        mat(...variables.map((variable) => matPacked(deflateSync(variable)))),
      ]),
    read: tensors((bytes) => decodeMat(bytes, "x")),
  },
};
