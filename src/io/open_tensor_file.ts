/**
 * Any file of tensors, by its first bytes: the ending of its name says little ("best.pkl" is often
 * a zip).
 */

import { fault } from "../fault.ts";
import { decodeArrayPickle } from "./array_pickle.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";
import { decodeMat } from "./mat_file.ts";
import { openNpz } from "./npz.ts";
import { InputFile, readBytes } from "./read_file.ts";
import { readSafetensors } from "./safetensors.ts";
import type { TensorFile } from "./tensor_file.ts";
import { decodeTorchLegacy, isLegacyTorch, openTorchZip, torchPickleIn } from "./torch_file.ts";
import { type ByteSource, openZip } from "./zip_archive.ts";

/** What {@link openTensorFile} reads, for messages. */
const TENSOR_FILES =
  "PyTorch (.pth, .pt, .pkl, .ckpt), .safetensors, .npz, MATLAB 5 (.mat) or a pickle of arrays";

/** A file of tensors that is open until it is disposed of. */
export type OpenTensorFile = TensorFile & Disposable;

/**
 * Opens a file of any of the kinds of {@link TENSOR_FILES}. Nothing in it is run.
 *
 * @throws {SyntaxError | TypeError | RangeError | Error} a fault: of another kind, damaged, or not
 *     readable
 */
export async function openTensorFile(path: string): Promise<OpenTensorFile> {
  const input = await InputFile.open(path);
  try {
    const file = await opened(input);
    return { ...file, [Symbol.dispose]: () => input[Symbol.dispose]() };
  } catch (error) {
    input[Symbol.dispose]();
    throw error;
  }
}

async function opened(input: InputFile): Promise<TensorFile> {
  const { path } = input;
  const head = await input.read(0, Math.min(kindBytes, input.size));
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("PK\x03\x04")) return await openTensorZip(input);
  if (isLegacyTorch(head)) return decodeTorchLegacy(await readBytes(path), path);
  if (text.startsWith("MATLAB 5.0 MAT-file")) return decodeMat(await readBytes(path), path);
  // Before pickles: the length that begins such a file may look like one.
  if (text.slice(4, 9) === "\0\0\0\0{") return await openSafetensors(path);
  if (head[0] === 0x80 && head[1] <= 5) return decodeArrayPickle(await readBytes(path), path);
  throw fault(
    SyntaxError,
    `Cannot read "${path}": ${
      foreignKind(head, "tensors") ?? `it is of an unknown kind; give ${TENSOR_FILES}`
    }`,
  );
}

/** A zip archive of tensors, of PyTorch or of numpy. */
async function openTensorZip(source: ByteSource): Promise<TensorFile> {
  return torchPickleIn(await openZip(source)) === undefined
    ? await openNpz(source)
    : await openTorchZip(source);
}

async function openSafetensors(path: string): Promise<TensorFile> {
  const { tensors, metadata } = await readSafetensors(path);
  return {
    kind: "a .safetensors file",
    tensors,
    plain: new Map(Object.entries(metadata)),
    read: (name) => Promise.resolve(tensors.get(name)!),
  };
}
