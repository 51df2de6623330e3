/**
 * State dicts as torch.save writes them: a zip archive of one pickle, and the values of each tensor
 * beside it. The same tensors give the same bytes.
 *
 * Source: pytorch:torch/serialization.py, `_save`.
 */

import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { TensorToStore } from "./safetensors.ts";
import { type StoredDtype, storedItemBytes } from "./safetensors_header.ts";

const STORAGES: Partial<Record<StoredDtype, string>> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};

/** The archive's own folder; torch.load takes any. */
const FOLDER = "archive";

/**
 * The bytes of a file that `torch.load` gives as an OrderedDict of tensors, in the order given.
 * Tensors with the same `bytes` are stored once, as views of one storage from its beginning on.
 *
 * @throws {TypeError} a kind of elements that PyTorch has not
 */
export async function encodeTorchZip(
  tensors: ReadonlyMap<string, TensorToStore>,
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    dataDescriptor: false,
    extendedTimestamp: false,
    lastModDate: new Date(1980, 0, 1),
  });
  const add = (name: string, bytes: Uint8Array) =>
    zip.add(`${FOLDER}/${name}`, new Uint8ArrayReader(bytes));
  const storages = [...new Set([...tensors.values()].map(({ bytes }) => bytes))];
  const stored = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const storage = {
      key: storages.indexOf(bytes),
      count: bytes.byteLength / storedItemBytes[dtype],
    };
    return [name, { dtype, shape, storage }] as const;
  });
  await add("data.pkl", stateDictPickle(new Map(stored)));
  await add("byteorder", new TextEncoder().encode("little"));
  for (const [key, bytes] of storages.entries()) {
    await add(
      `data/${key}`,
      new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }
  await add("version", new TextEncoder().encode("3\n"));
  return await zip.close() as Uint8Array<ArrayBuffer>;
}

/** A tensor and the storage that it is the beginning of; elements of that, not of the tensor. */
interface StoredView extends Omit<TensorToStore, "bytes"> {
  /** Absent: the storages are numbered in the order of the tensors, each of its own size. */
  storage?: { key: number; count: number };
}

/** The pickle (protocol 2) of an OrderedDict of tensors. */
export function stateDictPickle(
  tensors: ReadonlyMap<string, StoredView>,
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const write = (...parts: (number | string)[]) => {
    for (const part of parts) {
      if (typeof part === "number") bytes.push(part);
      else bytes.push(...new TextEncoder().encode(part));
    }
  };
  const uint32 = (value: number) => [0, 8, 16, 24].map((shift) => value >>> shift & 0xff);
  const text = (value: string) =>
    write("X", ...uint32(new TextEncoder().encode(value).length), value);
  const whole = (value: number) => {
    if (value < 2 ** 31) return write("J", ...uint32(value));
    const digits = Array.from({ length: 7 }, (_, i) => Math.floor(value / 256 ** i) % 256);
    write(0x8a, 7, ...digits); // the highest of 56 bits stays 0: no sign
  };
  const tuple = (values: readonly number[]) => {
    write("(");
    values.forEach(whole);
    write("t");
  };
  const emptyDict = () => write("ccollections\nOrderedDict\n", ")R");

  write(0x80, 2);
  emptyDict();
  write("(");
  let order = 0;
  for (const [name, { dtype, shape, storage }] of tensors) {
    const kind = STORAGES[dtype];
    if (kind === undefined) throw new TypeError(`PyTorch has no tensors of kind ${dtype}`);
    const own = shape.reduce((product, length) => product * length, 1);
    const { key, count } = storage ?? { key: order, count: own };
    order++;
    text(name);
    write("ctorch._utils\n_rebuild_tensor_v2\n", "((");
    text("storage");
    write(`ctorch\n${kind}\n`);
    text(String(key));
    text("cpu");
    whole(count);
    write("tQ");
    whole(0);
    tuple(shape);
    tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    write(0x89);
    emptyDict();
    write("tR");
  }
  write("u.");
  return Uint8Array.from(bytes);
}
