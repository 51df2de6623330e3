/**
 * Files of torch.save, in its zip container and in the older one, and the weights of TorchScript
 * programs, as named tensors. Nothing is run.
 *
 * Source: pytorch:torch/serialization.py, `_save` and `_legacy_save`.
 */

import { fault } from "../fault.ts";
import { arrayOf, mostValues } from "./array_pickle.ts";
import { PickledArray } from "./pickle_names.ts";
import { unpickle } from "./pickle.ts";
import { storedItemBytes } from "./safetensors_header.ts";
import { leavesOf, type TensorFile } from "./tensor_file.ts";
import { type Storage, torchTables, TorchTensor } from "./torch_names.ts";
import { type ByteSource, openZip, type ZipArchive } from "./zip_archive.ts";

const copyAgain = "copy or download it again";

/** The older container's magic number and its version, 1001, as operations of a pickle. */
const MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const VERSION = [0x4d, 0xe9, 0x03, 0x2e];

/** How it begins: a pickle of each, in whichever protocol; from 4 on with a frame around. */
const LEGACY_BEGINNINGS = [2, 3, 4, 5].map((protocol) => {
  const pickle = (operations: number[]) => [
    ...[0x80, protocol],
    ...(protocol < 4 ? [] : [0x95, operations.length, 0, 0, 0, 0, 0, 0, 0]),
    ...operations,
  ];
  return { magic: pickle(MAGIC), whole: [...pickle(MAGIC), ...pickle(VERSION)] };
});

function beginsWith(bytes: Uint8Array, beginning: number[]): boolean {
  return beginning.every((byte, i) => bytes[i] === byte);
}

/** Whether the file begins as torch.save's older container does. */
export function isLegacyTorch(head: Uint8Array): boolean {
  return LEGACY_BEGINNINGS.some(({ magic }) => beginsWith(head, magic));
}

/** The pickle of a zip that torch.save wrote; undefined of other archives. */
export function torchPickleIn(archive: ZipArchive): string | undefined {
  return archive.names.find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
}

/**
 * Opens the zip container; tensors are read one storage at a time, as they are asked for.
 *
 * @throws {SyntaxError | RangeError} a fault: damaged, or it names what is not data
 */
export async function openTorchZip(source: ByteSource): Promise<TensorFile> {
  const refused = (problem: string) =>
    fault(SyntaxError, `Cannot read "${source.path}": ${problem}`);
  const archive = await openZip(source);
  const pickle = torchPickleIn(archive);
  if (pickle === undefined) throw refused(`it is a zip archive without data.pkl; ${copyAgain}`);
  const folder = pickle.slice(0, -"data.pkl".length);
  const order = `${folder}byteorder`;
  if (archive.names.includes(order)) {
    const text = new TextDecoder().decode(await archive.read(order));
    if (text !== "little") throw refused("its numbers are big-endian; save it on another machine");
  }
  const scripted = archive.names.some((name) => name.startsWith(`${folder}code/`));
  const bytes = await archive.read(pickle);
  const { file, storages } = decoded(bytes, 0, source.path, scripted);
  for (const storage of storages.values()) {
    const member = `${folder}data/${storage.key}`;
    if (!archive.names.includes(member)) {
      throw refused(`it lacks the values of storage "${storage.key}"; ${copyAgain}`);
    }
    requireLength(storage, archive.sizeOf(member), source.path);
  }
  let last: { key: string; bytes: Uint8Array } | null = null;
  return file(async (key) => {
    // Tensors of one storage follow each other, as its views do.
    if (last?.key !== key) last = { key, bytes: await archive.read(`${folder}data/${key}`) };
    return last.bytes;
  });
}

/**
 * Reads the bytes of a whole file in the older container, whose memory the tensors share.
 *
 * @throws as {@link openTorchZip}
 */
export function decodeTorchLegacy(bytes: Uint8Array, name: string): TensorFile {
  const refused = (problem: string) =>
    fault(SyntaxError, `Cannot read "${name}": ${problem}; ${copyAgain}`);
  const beginning = LEGACY_BEGINNINGS.find(({ whole }) => beginsWith(bytes, whole));
  if (beginning === undefined) throw refused("it does not begin as torch.save's files do");
  const system = unpickle(bytes, beginning.whole.length, name, torchTables(1000));
  if (!(system.value instanceof Map) || system.value.get("little_endian") !== true) {
    throw refused("its numbers are not said to be little-endian");
  }
  const { file, storages, end } = decoded(bytes, system.end, name);
  const keys = unpickle(bytes, end, name, torchTables(1000));
  if (!Array.isArray(keys.value) || keys.value.length !== storages.size) {
    throw refused("its list of storages is not that of its tensors");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of keys.value) {
    const storage = storages.get(key);
    if (storage === undefined || held.has(key)) {
      throw refused("its list of storages is not that of its tensors");
    }
    const begin = at + 8;
    at = begin + storage.length * storedItemBytes[storage.dtype];
    if (at > bytes.length || view.getBigInt64(begin - 8, true) !== BigInt(storage.length)) {
      throw refused(`storage "${key}" of ${storage.length} elements is cut off at byte ${begin}`);
    }
    held.set(key, bytes.subarray(begin, at));
  }
  if (at !== bytes.length) throw refused(`${bytes.length - at} bytes follow its last storage`);
  return file((key) => Promise.resolve(held.get(key)!));
}

/**
 * What the pickle at a byte describes, and a file of it whose storages are read by their key.
 *
 * @param scripted whether it is of a TorchScript program: modules within modules, whose tensors are
 *     named as its state dict would name them
 */
function decoded(bytes: Uint8Array, at: number, name: string, scripted = false) {
  const most = mostValues(bytes.length);
  const tables = torchTables(most, scripted);
  const { value, end } = unpickle(bytes, at, name, tables);
  const held = new Map<string, TorchTensor | PickledArray>();
  const plain = new Map<string, unknown>();
  for (const [place, leaf] of leavesOf(value, name, most)) {
    const path = scripted ? place.replaceAll("/", ".") : place;
    if (leaf instanceof TorchTensor || leaf instanceof PickledArray) held.set(path, leaf);
    else plain.set(path, leaf);
  }
  const tensors = new Map([...held].map(([path, leaf]) => [
    path,
    leaf instanceof TorchTensor
      ? { dtype: leaf.storage.dtype, shape: leaf.shape }
      : arrayOf(leaf, path, name),
  ]));
  const file = (storage: (key: string) => Promise<Uint8Array>): TensorFile => ({
    kind: "a PyTorch file",
    tensors,
    plain,
    async read(path) {
      const leaf = held.get(path);
      if (leaf === undefined) throw new Error(`No tensor "${path}" in "${name}"`);
      if (leaf instanceof PickledArray) return arrayOf(leaf, path, name);
      return leaf.of(await storage(leaf.storage.key));
    },
  });
  return { file, storages: tables.storages, end };
}

function requireLength({ key, dtype, length }: Storage, found: number, name: string): void {
  const expected = length * storedItemBytes[dtype];
  if (found === expected) return;
  throw fault(
    SyntaxError,
    `Cannot read "${name}": storage "${key}" has ${found} bytes, ${expected} were expected; ${copyAgain}`,
  );
}
