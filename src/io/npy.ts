/**
 * numpy's `.npy` arrays, strictly: the file must be exactly its header and its values. All arrays
 * come in C order and native byte order, whatever the file has.
 */

import { fault } from "../fault.ts";
import {
  locateNpyHeader,
  type NpyDtype,
  type NpyHeader,
  npyItemBytes,
  npyPrefixBytes,
  parseNpyHeader,
} from "./npy_header.ts";
import { InputFile } from "./read_file.ts";
import type { ByteSource } from "./zip_archive.ts";

export type { NpyDtype, NpyHeader };

/** Float16Array for f2, Uint8Array for u1 and b1 (bytes as stored), BigInt64Array for i8. */
export type NpyData =
  | Float16Array
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array;

export interface NpyArray {
  /** Empty for a single number. */
  shape: number[];
  dtype: NpyDtype;
  /** All elements in C order: the last axis runs fastest. */
  data: NpyData;
}

const arrayOf: Record<NpyDtype, (buffer: ArrayBufferLike, at: number, count: number) => NpyData> = {
  f2: (buffer, at, count) => new Float16Array(buffer, at, count),
  f4: (buffer, at, count) => new Float32Array(buffer, at, count),
  f8: (buffer, at, count) => new Float64Array(buffer, at, count),
  i4: (buffer, at, count) => new Int32Array(buffer, at, count),
  i8: (buffer, at, count) => new BigInt64Array(buffer, at, count),
  u1: (buffer, at, count) => new Uint8Array(buffer, at, count),
  b1: (buffer, at, count) => new Uint8Array(buffer, at, count),
};

/**
 * Reads a whole `.npy` file.
 *
 * @throws {SyntaxError | TypeError | Error} a fault: not a `.npy` file, damaged, of a kind that is
 * not read (pickled objects never are), or not readable
 */
export async function readNpy(path: string): Promise<NpyArray> {
  using file = await InputFile.open(path);
  const header = await npyHeaderOf(file);
  const body = await file.read(header.bodyOffset, file.size - header.bodyOffset);
  return { shape: header.shape, dtype: header.dtype, data: elementsOf(body, header) };
}

/**
 * Reads shape and element kind only, and checks the length of the file.
 *
 * @throws as {@link readNpy}
 */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  using file = await InputFile.open(path);
  return await npyHeaderOf(file);
}

/**
 * Decodes the bytes of a `.npy` file; `name` is for messages. The values share the memory of
 * `bytes` where alignment, byte order and axis order allow.
 *
 * @throws as {@link readNpy}
 */
export function decodeNpy(bytes: Uint8Array, name: string): NpyArray {
  const { start, end } = locateNpyHeader(bytes.subarray(0, npyPrefixBytes), bytes.length, name);
  const header = parseNpyHeader(bytes.subarray(start, end), start, bytes.length, name);
  const data = elementsOf(bytes.subarray(header.bodyOffset), header);
  return { shape: header.shape, dtype: header.dtype, data };
}

/**
 * The header of an array that is all of the source.
 *
 * @throws as {@link readNpy}
 */
export async function npyHeaderOf(source: ByteSource): Promise<NpyHeader> {
  const prefix = await source.read(0, Math.min(npyPrefixBytes, source.size));
  const { start, end } = locateNpyHeader(prefix, source.size, source.path);
  const text = await source.read(start, end - start);
  return parseNpyHeader(text, start, source.size, source.path);
}

function elementsOf(body: Uint8Array, header: NpyHeader): NpyData {
  const data = inNativeOrder(body, header);
  return header.fortranOrder && header.shape.length > 1 ? toCOrder(data, header.shape) : data;
}

/** The elements of a body in file order. Typed arrays are little-endian wherever Deno runs. */
export function inNativeOrder(body: Uint8Array, { dtype, bigEndian }: NpyHeader): NpyData {
  const itemBytes = npyItemBytes[dtype];
  let bytes = body;
  if (bigEndian) {
    bytes = new Uint8Array(body.length);
    for (let at = 0; at < bytes.length; at += itemBytes) {
      for (let i = 0; i < itemBytes; i++) bytes[at + i] = body[at + itemBytes - 1 - i];
    }
  } else if (body.byteOffset % itemBytes !== 0) {
    bytes = body.slice();
  }
  return arrayOf[dtype](bytes.buffer, bytes.byteOffset, bytes.length / itemBytes);
}

/** Fortran to C order, by walking the result and stepping through the source. */
export function toCOrder(source: NpyData, shape: readonly number[]): NpyData {
  const target = source.slice();
  const rank = shape.length;
  const last = shape[rank - 1];
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const step = strides[rank - 1];
  const index = new Array<number>(rank - 1).fill(0);
  for (let row = 0, from = 0; row < target.length; row += last) {
    for (let i = 0; i < last; i++) target[row + i] = source[from + i * step];
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

/**
 * The elements as float32: without a copy when they are, widened or rounded once otherwise.
 *
 * @throws {RangeError} a fault: an integer that float32 cannot hold exactly, or a float64 beyond
 *     its range; features never have such values
 */
export function toFloat32(
  { data }: Pick<NpyArray, "data"> & Partial<NpyArray>,
  name = "array",
): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float16Array || data instanceof Uint8Array) return new Float32Array(data);
  const values = new Float32Array(data.length);
  const integers = data instanceof Int32Array || data instanceof BigInt64Array;
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    values[i] = value;
    if (
      integers ? BigInt(values[i]) !== BigInt(data[i]) : isFinite(value) && !isFinite(values[i])
    ) {
      throw fault(
        RangeError,
        `Cannot convert "${name}" to float32: element ${i} is ${data[i]}, which float32 cannot ` +
          `hold; check that the file holds features`,
      );
    }
  }
  return values;
}

/**
 * Encodes an array as `.npy` version 1.0, byte for byte as numpy.save does.
 *
 * @throws {TypeError} the shape does not hold the number of elements
 */
export function encodeNpy(shape: number[], data: NpyData): Uint8Array<ArrayBuffer> {
  if (shape.reduce((product, length) => product * length, 1) !== data.length) {
    throw new TypeError(`Cannot encode ${data.length} elements in the shape [${shape}]`);
  }
  const header = encodeNpyHeader(shape, data);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/**
 * What stands before the values of an array, for values that are written some at a time.
 *
 * @param data of the same kind of numbers
 */
export function encodeNpyHeader(shape: number[], data: NpyData): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const bytes = new Uint8Array(Math.ceil((10 + dict.length + 1) / 64) * 64);
  const header = dict.padEnd(bytes.length - 10 - 1) + "\n";
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  return bytes;
}

function descrOf(data: NpyData): string {
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Float64Array) return "<f8";
  if (data instanceof Float16Array) return "<f2";
  if (data instanceof Int32Array) return "<i4";
  if (data instanceof BigInt64Array) return "<i8";
  return "|u1";
}
