/** What the readers of foreign tensor files promise for any bytes at all. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { deflateSync } from "node:zlib";
import { isFault } from "../../src/fault.ts";
import { decodeArrayPickle } from "../../src/io/array_pickle.ts";
import { decodeMat } from "../../src/io/mat_file.ts";
import { openNpz } from "../../src/io/npz.ts";
import { float32Of } from "../../src/io/safetensors.ts";
import type { TensorFile } from "../../src/io/tensor_file.ts";
import { decodeTorchLegacy, openTorchZip } from "../../src/io/torch_file.ts";
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
import { openZip } from "../../src/io/zip_archive.ts";
import { damaged } from "./mutations.ts";
import { threadSeconds } from "../support/thread_time.ts";

type Read = (bytes: Uint8Array) => TensorFile | Promise<TensorFile>;

interface Reader {
  seeds: () => Promise<Uint8Array[]>;
  read: Read;
}

const variables = [matNumbers("w", 2, w), matCell("c", matNumbers("", 1, [1])), matText("t", "ab")];

/** A pickle within a whole archive, so that its damage is not found by the archive's checksum. */
async function archivedPickle(pickle: Uint8Array): Promise<Uint8Array> {
  return await zipOf({ "a/data.pkl": pickle, "a/data/0": new Uint8Array(w.buffer) }, 0);
}

export const readers: Record<string, Reader> = {
  "openTorchZip() of a damaged archive": {
    seeds: async () => [await torchZip()],
    read: (bytes) => openTorchZip(inMemory(bytes)),
  },
  "openTorchZip() of a damaged pickle": {
    seeds: async () => [
      await (await openZip(inMemory(await torchZip()))).read("archive/data.pkl"),
    ],
    read: async (bytes) => openTorchZip(inMemory(await archivedPickle(bytes))),
  },
  "decodeTorchLegacy()": {
    seeds: () => Promise.resolve([torchLegacy()]),
    read: (bytes) => decodeTorchLegacy(bytes, "x"),
  },
  "decodeArrayPickle()": {
    seeds: () => Promise.resolve([arrayPickle(), arrayPickle(undefined, { fortran: "\x88" })]),
    read: (bytes) => decodeArrayPickle(bytes, "x"),
  },
  "openNpz()": {
    seeds: async () => [await npz(0), await npz(9)],
    read: (bytes) => openNpz(inMemory(bytes)),
  },
  "decodeMat()": {
    seeds: () =>
      Promise.resolve([
        mat(...variables),
        mat(...variables.map((variable) => matPacked(deflateSync(variable)))),
      ]),
    read: (bytes) => decodeMat(bytes, "x"),
  },
};

/** What the constant beside the file's own size may be, in bytes. */
const CONSTANT = 20 * 2 ** 20;

/**
 * Damaged files are read, or refused by a fault, within a second of processor time each; what is
 * read is no larger than the file and a constant.
 */
export async function damagedFilesAreReadOrRefused({ seeds, read }: Reader, runs: number) {
  let whole = 0, slowest = 0;
  await fc.assert(
    fc.asyncProperty(damaged(await seeds()), async (bytes) => {
      const start = threadSeconds();
      try {
        const file = await read(bytes);
        let total = 0;
        for (const [path, { shape }] of file.tensors) {
          const tensor = await file.read(path);
          assertEquals(tensor.shape, shape);
          assertEquals(float32Of(tensor).length, shape.reduce((a, b) => a * b, 1));
          total += tensor.bytes.length;
        }
        assert(total <= 2 * bytes.length + CONSTANT);
        whole++;
      } catch (error) {
        assert(isFault(error), (error as Error).stack);
      }
      slowest = Math.max(slowest, 1000 * (threadSeconds() - start));
    }),
    { numRuns: runs },
  );
  assert(whole > 0 && whole < runs, `${whole} of ${runs} were read: both ways must be tried`);
  assert(slowest < 1000, `the slowest took ${slowest} ms`);
}
