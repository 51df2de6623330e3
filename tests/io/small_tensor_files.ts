/** Small files of tensors in each format, made here. All hold w = [[1, 2, 3], [4, 5, 6]]. */

import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { encodeNpy } from "../../src/io/npy.ts";
import type { ByteSource } from "../../src/io/zip_archive.ts";
import { encodeTorchZip, stateDictPickle } from "../../src/io/torch_write.ts";

export const w = new Float32Array([1, 2, 3, 4, 5, 6]);
const tensors = new Map([["w", { dtype: "F32" as const, shape: [2, 3], bytes: w }]]);

/** Bytes of a text whose characters are bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function joined(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) => typeof part === "string" ? bytesOf(part) : part);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Bytes in memory that are read as a file is. */
export function inMemory(bytes: Uint8Array, path = "x"): ByteSource {
  return {
    path,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

export const torchZip = () => encodeTorchZip(tensors);

/** Of protocol 4, in frames. */
const MAGIC_4 = "\x80\x04\x95\x0d\0\0\0\0\0\0\0\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." +
  "\x80\x04\x95\x04\0\0\0\0\0\0\0M\xe9\x03.";
const MAGIC = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
const SYSTEM = "\x80\x02}X\x0d\0\0\0little_endian\x88s.";

/** @param count what the file says of the elements of its storage */
export function torchLegacy(count = 6, protocol = 2): Uint8Array<ArrayBuffer> {
  const length = String.fromCharCode(count, 0, 0, 0, 0, 0, 0, 0);
  const keys = "\x80\x02]X\x01\0\0\x000a.";
  const magic = protocol === 4 ? MAGIC_4 : MAGIC;
  return joined(magic, SYSTEM, stateDictPickle(tensors), keys, length, new Uint8Array(w.buffer));
}

/**
 * A pickle of {"blobs": {"w": array}}, as Python 2 or 3 writes its values.
 *
 * @param dtype numpy's code without its byte order
 */
export function arrayPickle(
  values = `U\x18${text(w)}`,
  { dtype = "f4", order = "<", fortran = "\x89" } = {},
): Uint8Array<ArrayBuffer> {
  return bytesOf(
    "\x80\x02}X\x05\0\0\0blobs}X\x01\0\0\0wcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" +
      `K\0\x85U\x01b\x87R(K\x01K\x02K\x03\x86cnumpy\ndtype\nX\x02\0\0\0${dtype}K\0K\x01\x87R(` +
      `K\x03X\x01\0\0\0${order}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb${fortran}${values}tbss.`,
  );
}

/** The bytes of values as a text, one character a byte. */
export function text(values: Float32Array): string {
  return String.fromCharCode(...new Uint8Array(values.buffer));
}

/** @param level of deflate, 0: stored */
export async function zipOf(
  members: Record<string, Uint8Array>,
  level: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { level, dataDescriptor: false });
  for (const [name, bytes] of Object.entries(members)) {
    await zip.add(name, new Uint8ArrayReader(bytes));
  }
  return await zip.close() as Uint8Array<ArrayBuffer>;
}

/** An archive without a comment, and before its last record those of zip64, which say the same. */
export function withZip64Records(archive: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = archive.length - 22, plain = new DataView(archive.buffer, archive.byteOffset + end);
  const record = new DataView(new ArrayBuffer(56)), locator = new DataView(new ArrayBuffer(20));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true); // bytes that follow
  record.setUint16(12, 45, true);
  record.setUint16(14, 45, true);
  for (const at of [24, 32]) record.setBigUint64(at, BigInt(plain.getUint16(10, true)), true);
  for (const [to, from] of [[40, 12], [48, 16]]) {
    record.setBigUint64(to, BigInt(plain.getUint32(from, true)), true);
  }
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(end), true);
  locator.setUint32(16, 1, true);
  const records = [record, locator].map(({ buffer }) => new Uint8Array(buffer));
  return joined(archive.subarray(0, end), ...records, archive.subarray(end));
}

export const npz = (level = 0) => zipOf({ "w.npy": encodeNpy([2, 3], w) }, level);

function uint32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** An element of a MATLAB file, padded to 8 bytes. */
function matElement(type: number, data: Uint8Array): Uint8Array {
  const padding = new Uint8Array((8 - data.length % 8) % 8);
  return joined(uint32(type, data.length), data, padding);
}

function matMatrix(flags: number, name: string, shape: number[], ...parts: Uint8Array[]) {
  return matElement(
    14,
    joined(
      matElement(6, uint32(flags, 0)),
      matElement(5, uint32(...shape)),
      matElement(1, bytesOf(name)),
      ...parts,
    ),
  );
}

/** The elements of an array, which MATLAB writes down the columns. */
export function matNumbers(name: string, rows: number, values: ArrayLike<number>): Uint8Array {
  const columns = values.length / rows;
  const ordered = Float64Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
  );
  return matMatrix(6, name, [rows, columns], matElement(9, new Uint8Array(ordered.buffer)));
}

export function matCell(name: string, ...cells: Uint8Array[]): Uint8Array {
  return matMatrix(1, name, [1, cells.length], ...cells);
}

export function matText(name: string, content: string): Uint8Array {
  const codes = new Uint8Array(Uint16Array.from(content, (c) => c.charCodeAt(0)).buffer);
  return matMatrix(4, name, [1, content.length], matElement(4, codes));
}

/** One struct; its fields' arrays have no names of their own. */
export function matStruct(name: string, fields: Record<string, Uint8Array>): Uint8Array {
  const length = 32;
  const names = Object.keys(fields).map((field) => field.padEnd(length, "\0")).join("");
  return matMatrix(
    2,
    name,
    [1, 1],
    matElement(5, uint32(length)),
    matElement(1, bytesOf(names)),
    ...Object.values(fields),
  );
}

export function matPacked(packed: Uint8Array): Uint8Array {
  return joined(uint32(15, packed.length), packed);
}

export function mat(...variables: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined("MATLAB 5.0 MAT-file".padEnd(116), new Uint8Array(8), "\0\x01IM", ...variables);
}
