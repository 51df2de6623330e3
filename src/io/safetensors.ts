/**
 * `.safetensors` files: named tensors with shapes, and texts as metadata. Reading is strict; what
 * is written has the same bytes for the same content, in whatever order it comes.
 *
 * Source: huggingface/safetensors:README.md, "Format".
 */

import { InputFile } from "./read_file.ts";
import { type ReadingOptions, readRuns } from "./tensor_runs.ts";
import {
  headerLength,
  lengthFieldBytes,
  longestHeader,
  parseSafetensorsHeader,
  prefixBytes,
  type SafetensorsHeader,
  type StoredDtype,
  storedItemBytes,
} from "./safetensors_header.ts";

export type { ReadingOptions, StoredDtype };

/** A tensor as a file holds it: little-endian elements in C order. */
export interface StoredTensor {
  dtype: StoredDtype;
  /** Empty for a single number. */
  shape: number[];
  bytes: Uint8Array;
}

/**
 * A tensor to be written: `bytes` may be any typed array whose memory is what the file shall hold.
 */
export interface TensorToStore {
  dtype: StoredDtype;
  shape: readonly number[];
  bytes: ArrayBufferView;
}

export interface Safetensors {
  /** In the order of the header. */
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

/**
 * Reads a whole file, whose tensors then share one block of memory, or some of its tensors.
 *
 * @param wanted tells by name which tensors are read; all when absent
 * @throws {SyntaxError | Error} a fault: not a `.safetensors` file, damaged, or not readable
 */
export async function readSafetensors(
  path: string,
  wanted?: (name: string) => boolean,
): Promise<Safetensors> {
  using file = await openSafetensors(path);
  return await file.read({ wanted });
}

/** A file whose header was read. */
export interface OpenSafetensors extends Disposable {
  file: InputFile;
  header: SafetensorsHeader;
  /** Where the values begin, which the header counts from. */
  bodyOffset: number;
  /**
   * The values: all in one block of memory where no options are given.
   *
   * @throws {Error} a fault: not readable
   */
  read(options?: ReadingOptions): Promise<Safetensors>;
}

/**
 * Opens a file and reads its header.
 *
 * @throws as {@link readSafetensors}
 */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const file = await InputFile.open(path);
  try {
    const prefix = await file.read(0, Math.min(prefixBytes, file.size));
    const length = headerLength(prefix, file.size, path);
    const bodyOffset = lengthFieldBytes + length;
    const bodyBytes = file.size - bodyOffset;
    const text = await file.read(lengthFieldBytes, length);
    const header = parseSafetensorsHeader(text, bodyBytes, path);
    return {
      file,
      header,
      bodyOffset,
      read: async ({ wanted, reserve } = {}) =>
        wanted || reserve
          ? await readTensors(file, header, bodyOffset, { wanted, reserve })
          : withValues(header, await file.read(bodyOffset, bodyBytes)),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** Some of the tensors, in the order of the header. */
async function readTensors(
  file: InputFile,
  { tensors: spans, metadata }: SafetensorsHeader,
  bodyOffset: number,
  options: ReadingOptions,
): Promise<Safetensors> {
  const values = await readRuns(file, bodyOffset, spans, options);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape }] of spans) {
    const bytes = values.get(name);
    if (bytes) tensors.set(name, { dtype, shape, bytes });
  }
  return { tensors, metadata };
}

/**
 * Decodes the bytes of a file, whose memory the tensors share; `name` is for messages.
 *
 * @throws as {@link readSafetensors}
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const prefix = bytes.subarray(0, prefixBytes);
  const bodyOffset = lengthFieldBytes + headerLength(prefix, bytes.length, name);
  const text = bytes.subarray(lengthFieldBytes, bodyOffset);
  const header = parseSafetensorsHeader(text, bytes.length - bodyOffset, name);
  return withValues(header, bytes.subarray(bodyOffset));
}

function withValues({ tensors, metadata }: SafetensorsHeader, body: Uint8Array): Safetensors {
  const stored = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    stored.set(name, { dtype, shape, bytes: body.subarray(begin, end) });
  }
  return { tensors: stored, metadata };
}

/**
 * The pieces of a file, in order: its header, then the memory of each tensor as it is, so that a
 * checkpoint of hundreds of megabytes is written without a copy. Tensors are ordered by element
 * size, the largest first, then by name, so that each is aligned, as the official library does.
 *
 * @example
 * await writeWhole(path, safetensorsPieces(tensors, { format: "pt" }), { overwrite: true });
 *
 * @throws {TypeError} a tensor whose bytes are not its shape times its element size
 */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  for (const [name, { dtype, shape, bytes }] of tensors) {
    if (bytes.byteLength === bytesOf({ dtype, shape }) && name !== "__metadata__") continue;
    throw new TypeError(
      `Cannot store tensor "${name}" of shape [${shape.join(", ")}] and kind ${dtype} from ` +
        `${bytes.byteLength} bytes`,
    );
  }
  const { head, names } = safetensorsOrder(tensors, metadata);
  const values = names.map((name) => {
    const { buffer, byteOffset, byteLength } = tensors.get(name)!.bytes;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  return [head, ...values];
}

/** What {@link safetensorsPieces} puts before the values, and the order of these. */
export function safetensorsOrder(
  tensors: ReadonlyMap<string, Pick<TensorToStore, "dtype" | "shape">>,
  metadata: Readonly<Record<string, string>>,
): { head: Uint8Array<ArrayBuffer>; names: string[] } {
  const ordered = [...tensors].sort(([nameA, a], [nameB, b]) =>
    storedItemBytes[b.dtype] - storedItemBytes[a.dtype] || byCodeUnits(nameA, nameB)
  );
  const entries: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => byCodeUnits(a, b));
  if (texts.length > 0) entries.push(entry("__metadata__", Object.fromEntries(texts)));
  let begin = 0;
  for (const [name, { dtype, shape }] of ordered) {
    const end = begin + bytesOf({ dtype, shape });
    entries.push(entry(name, { dtype, shape, data_offsets: [begin, end] }));
    begin = end;
  }
  return { head: headerBytes(`{${entries.join(",")}}`), names: ordered.map(([name]) => name) };
}

function bytesOf({ dtype, shape }: Pick<TensorToStore, "dtype" | "shape">): number {
  return shape.reduce((product, length) => product * length, storedItemBytes[dtype]);
}

/** As {@link safetensorsPieces}, in one block: for small files and tests. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = safetensorsPieces(tensors, metadata);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function entry(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/** Length field and header, padded with spaces so that the values begin at a multiple of 8. */
function headerBytes(json: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > longestHeader) {
    throw new RangeError(`Cannot store a header of ${length} bytes, the limit is ${longestHeader}`);
  }
  const bytes = new Uint8Array(lengthFieldBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, lengthFieldBytes);
  return bytes;
}

type Elements =
  | Float64Array
  | Float32Array
  | Float16Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type ElementsClass = new (buffer: ArrayBufferLike, at: number, count: number) => Elements;

/** BF16 has no typed array: its bits are the upper half of a float32. */
const classOf: Record<StoredDtype, ElementsClass> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** The elements: without a copy when aligned. BF16 becomes float32. */
export function elementsOf({ dtype, bytes }: StoredTensor): Elements {
  const itemBytes = storedItemBytes[dtype];
  const aligned = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
  const count = bytes.length / itemBytes;
  const elements = new classOf[dtype](aligned.buffer, aligned.byteOffset, count);
  if (dtype !== "BF16") return elements;
  return new Float32Array(Uint32Array.from(elements as Uint16Array, (bits) => bits << 16).buffer);
}

/**
 * The elements as float32: F32 as they lie in the file, without a copy where aligned; F16, BF16 and
 * small integers widened, F64 and large integers rounded.
 */
export function float32Of(tensor: StoredTensor): Float32Array {
  const elements = elementsOf(tensor);
  if (elements instanceof Float32Array) return elements;
  return isBig(elements) ? Float32Array.from(elements, Number) : new Float32Array(elements);
}

function isBig(elements: Elements): elements is BigInt64Array | BigUint64Array {
  return elements instanceof BigInt64Array || elements instanceof BigUint64Array;
}
