/**
 * MATLAB files of version 5 (also of 6 and 7): numbers, texts, cells and structs.
 *
 * Source: "MAT-File Format" (MathWorks), chapter 1, Level 5.
 */

import { inflateSync } from "node:zlib";
import { fault } from "../fault.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";
import { type StoredDtype, storedItemBytes } from "./safetensors_header.ts";
import type { StoredTensor } from "./safetensors.ts";
import { leavesOf, type TensorFile } from "./tensor_file.ts";

const HEADER_BYTES = 128;
const MATRIX = 14, COMPRESSED = 15;
const CELL = 1, STRUCT = 2, CHAR = 4;
const LOGICAL = 0x0200, COMPLEX = 0x0800;
const DEEPEST = 32;
/** An element may unpack to {@link FREE_BYTES} and this times its packed bytes. */
const MOST_TIMES = 20;
const FREE_BYTES = 16 * 2 ** 20;

/** Kinds of numbers by the number that stands before them in the file. */
const NUMBERS: Readonly<Record<number, StoredDtype>> = {
  1: "I8",
  2: "U8",
  3: "I16",
  4: "U16",
  5: "I32",
  6: "U32",
  7: "F32",
  9: "F64",
  12: "I64",
  13: "U64",
};
/** Kinds of arrays of numbers by their class; the file may hold the numbers in a smaller kind. */
const CLASSES: Readonly<Record<number, StoredDtype>> = {
  6: "F64",
  7: "F32",
  8: "I8",
  9: "U8",
  10: "I16",
  11: "U16",
  12: "I32",
  13: "U32",
  14: "I64",
  15: "U64",
};
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;
type Numbers = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

/** A leaf of the file's cells and structs. */
class Held {
  constructor(readonly tensor: StoredTensor) {}
}

interface Element {
  type: number;
  data: Uint8Array;
  /** The byte after it. */
  next: number;
}

/**
 * Reads the bytes of a whole file: its variables by name, cells by their place from 0, structs by
 * field. Arrays come in C order.
 *
 * @throws {SyntaxError | RangeError} a fault: no such file, damaged, or with objects, sparse or
 *     complex arrays
 */
export function decodeMat(bytes: Uint8Array, name: string): TensorFile {
  const variables = new MatReader(bytes, name).variables();
  const tensors = new Map<string, StoredTensor>();
  const plain = new Map<string, unknown>();
  for (
    const [path, leaf] of leavesOf(variables, name, 2 * bytes.length * MOST_TIMES + FREE_BYTES)
  ) {
    if (leaf instanceof Held) tensors.set(path, leaf.tensor);
    else plain.set(path, leaf);
  }
  return {
    kind: "a MATLAB file",
    tensors,
    plain,
    read: (path) => Promise.resolve(tensors.get(path)!),
  };
}

class MatReader {
  constructor(private readonly bytes: Uint8Array, private readonly name: string) {}

  variables(): Map<string, unknown> {
    const head = new TextDecoder("latin1").decode(this.bytes.subarray(0, HEADER_BYTES));
    if (!head.startsWith("MATLAB 5.0 MAT-file") || this.bytes.length < HEADER_BYTES) {
      const kind = foreignKind(this.bytes.subarray(0, kindBytes), "tensors");
      throw this.refused(kind ?? "it is no MATLAB file of version 5");
    }
    if (head.slice(126) !== "IM") throw this.refused("its numbers are big-endian");
    const variables = new Map<string, unknown>();
    for (let at = HEADER_BYTES; at < this.bytes.length;) {
      const element = this.element(this.bytes, at);
      at = element.next;
      const matrix = element.type === COMPRESSED ? this.unpacked(element.data) : element;
      if (matrix.type !== MATRIX) throw this.refused(`an element of kind ${matrix.type}`);
      const { title, value } = this.matrix(matrix.data, 0);
      // MATLAB's own workspace of functions has no name.
      if (variables.has(title)) throw this.refused(`it holds variable "${title}" twice`);
      variables.set(title, value);
    }
    return variables;
  }

  private refused(problem: string): Error {
    return fault(
      SyntaxError,
      `Cannot read "${this.name}": ${problem}; save its arrays again (scipy.io.savemat, or save -v6)`,
    );
  }

  private element(bytes: Uint8Array, at: number): Element {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (at + 8 > bytes.length) throw this.refused(`it is cut off at byte ${at}`);
    const first = view.getUint32(at, true);
    if (first >>> 16 !== 0) {
      const length = first >>> 16;
      if (length > 4) throw this.refused(`a short element of ${length} bytes at byte ${at}`);
      return { type: first & 0xffff, data: bytes.subarray(at + 4, at + 4 + length), next: at + 8 };
    }
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length;
    if (end > bytes.length) {
      throw this.refused(`an element of ${length} bytes at byte ${at}, which is cut off`);
    }
    const padded = first === COMPRESSED ? end : at + 8 + Math.ceil(length / 8) * 8;
    return { type: first, data: bytes.subarray(at + 8, end), next: Math.min(padded, bytes.length) };
  }

  private unpacked(packed: Uint8Array): Element {
    const most = FREE_BYTES + MOST_TIMES * packed.length;
    let bytes: Uint8Array;
    try {
      const unpacked = inflateSync(packed, { maxOutputLength: most });
      // Not a Buffer, whose slices share their memory.
      bytes = new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length);
    } catch (error) {
      throw this.refused(
        `a packed variable is damaged or unpacks to over ${most} bytes (${
          (error as Error).message
        })`,
      );
    }
    return this.element(bytes, 0);
  }

  private matrix(bytes: Uint8Array, depth: number): { title: string; value: unknown } {
    if (depth > DEEPEST) throw this.refused(`cells nested over ${DEEPEST} deep`);
    if (bytes.length === 0) return { title: "", value: [] }; // an empty cell
    let at = 0;
    const next = (): Element => {
      const element = this.element(bytes, at);
      at = element.next;
      return element;
    };
    const [flags] = this.numbers(next(), "U32");
    const arrayClass = Number(flags) & 0xff;
    if (Number(flags) & COMPLEX) throw this.refused("an array of complex numbers");
    const shape = Array.from(this.numbers(next(), "I32") as Int32Array);
    const title = ascii(next().data);
    const count = shape.reduce((product, length) => product * length, 1);
    if (shape.length < 2 || shape.some((length) => length < 0) || !Number.isSafeInteger(count)) {
      throw this.refused(`variable "${title}" of shape [${shape.join(", ")}]`);
    }
    if (arrayClass === CELL) {
      if (count > bytes.length / 8) throw this.refused(`cell "${title}" is cut off`);
      const cells = Array.from({ length: count }, () => this.cell(next(), depth));
      return { title, value: inRows(cells, shape) };
    }
    if (arrayClass === STRUCT) {
      const [length] = this.numbers(next(), "I32") as Int32Array;
      const fields = texts(next().data, length);
      if (count * Math.max(1, fields.length) > bytes.length / 8) {
        throw this.refused(`struct "${title}" is cut off`);
      }
      const structs = Array.from(
        { length: count },
        () => new Map(fields.map((field) => [field, this.cell(next(), depth)])),
      );
      return { title, value: count === 1 ? structs[0] : inRows(structs, shape) };
    }
    if (arrayClass === CHAR) return { title, value: this.text(next(), shape, count, title) };
    const dtype = Number(flags) & LOGICAL ? "BOOL" : CLASSES[arrayClass];
    if (dtype === undefined) throw this.refused(`variable "${title}" of class ${arrayClass}`);
    const values = this.numbers(next(), dtype);
    if (values.length !== count) {
      throw this.refused(
        `variable "${title}" of shape [${shape.join(", ")}] with ${values.length} values`,
      );
    }
    const ordered = inCOrder(values, shape);
    const held = new Uint8Array(ordered.buffer, ordered.byteOffset, ordered.byteLength);
    return { title, value: new Held({ dtype, shape, bytes: held }) };
  }

  private cell({ type, data }: Element, depth: number): unknown {
    if (type !== MATRIX) throw this.refused(`a cell of kind ${type}`);
    return this.matrix(data, depth + 1).value;
  }

  /** A text; of several rows a list of texts. */
  private text(element: Element, shape: number[], count: number, title: string): string | string[] {
    const text = element.type === 16 || element.type <= 2
      ? new TextDecoder().decode(element.data)
      : Array.from(this.numbers(element, "U16") as Uint16Array, (code) => String.fromCharCode(code))
        .join("");
    if (text.length !== count) {
      throw this.refused(`text "${title}" of another length than its shape`);
    }
    const [rows, columns] = shape;
    if (rows === 1 || count === 0) return text;
    return Array.from(
      { length: rows },
      (_, row) => Array.from({ length: columns }, (_, i) => text[row + i * rows]).join(""),
    );
  }

  /** An element's numbers in another kind, which must hold them. */
  private numbers({ type, data }: Element, dtype: StoredDtype): Numbers {
    const stored = type === 17 ? "U16" : NUMBERS[type];
    if (stored === undefined || data.length % storedItemBytes[stored] !== 0) {
      throw this.refused(`numbers of kind ${type} in ${data.length} bytes`);
    }
    const bytes = data.slice(); // an element begins at a multiple of 4
    const values = new ARRAYS[stored as keyof typeof ARRAYS](bytes.buffer);
    if (stored === dtype) return values;
    const wanted = ARRAYS[dtype as keyof typeof ARRAYS];
    const big = (kind: StoredDtype) => kind === "I64" || kind === "U64";
    if (big(dtype) || big(stored)) {
      if (!big(dtype) || stored[0] === "F") {
        throw this.refused(`numbers of kind ${type} in an array of ${dtype}`);
      }
      return (wanted as typeof BigInt64Array).from(
        Array.from(values as ArrayLike<number | bigint>, (value) => BigInt(value)),
      );
    }
    return (wanted as typeof Float64Array).from(values as unknown as ArrayLike<number>);
  }
}

/** MATLAB's first axis runs fastest. */
function inCOrder(values: Numbers, shape: number[]): Numbers {
  if (shape.filter((length) => length !== 1).length < 2) return values;
  const target = values.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < target.length; to++) {
    target[to] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

/** A row or a column as a list, a table as a list of its rows. */
function inRows(items: unknown[], shape: number[]): unknown[] {
  const [rows, columns] = shape;
  if (shape.length > 2 || rows === 1 || columns === 1) return items;
  return Array.from(
    { length: rows },
    (_, row) => Array.from({ length: columns }, (_, column) => items[row + column * rows]),
  );
}

function ascii(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes).replace(/\0.*$/s, "");
}

function texts(bytes: Uint8Array, length: number): string[] {
  if (!(length > 0)) return [];
  return Array.from(
    { length: Math.floor(bytes.length / length) },
    (_, i) => ascii(bytes.subarray(i * length, (i + 1) * length)),
  );
}
