/**
 * The names that pickles of checkpoints call, without PyTorch's own: plain containers, and numpy's
 * arrays. Each makes data of data.
 *
 * Source: numpy:numpy/core/src/multiarray/methods.c, `array_reduce` and `array_setstate`; cpython's
 * collections and _codecs.
 */

import { LongText } from "./pickle.ts";
import { type StoredDtype, storedItemBytes } from "./safetensors_header.ts";
import type { StoredTensor } from "./safetensors.ts";

type Callable = (...args: unknown[]) => unknown;

/** Kinds of elements, by numpy's code without its byte order. */
const KINDS: Readonly<Record<string, StoredDtype>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u8: "U64",
  u4: "U32",
  u2: "U16",
  u1: "U8",
  b1: "BOOL",
};

/** A numpy element kind, made from its code, its byte order told after. */
class Dtype {
  readonly kind: StoredDtype;
  #bigEndian = false;

  constructor(code: unknown) {
    const [, order, kind] = /^([<>|=]?)(\w\d)$/.exec(String(code)) ?? [];
    if (!(kind in KINDS)) throw new Error(`arrays of kind "${String(code).slice(0, 20)}"`);
    this.kind = KINDS[kind];
    this.#bigEndian = order === ">";
  }

  get bigEndian(): boolean {
    return this.#bigEndian;
  }

  /** (version, byte order, subarray, names, fields, item size, alignment, flags) */
  __setstate__(state: unknown): void {
    const [, order, subarray, , fields] = state as unknown[];
    if (subarray !== null || fields !== null) throw new Error("arrays of records");
    this.#bigEndian = order === ">";
  }
}

/** A numpy array, empty until its state is told. */
export class PickledArray {
  #tensor: StoredTensor | null = null;

  static of(dtype: unknown, shape: unknown, fortran: boolean, data: unknown): PickledArray {
    const array = new PickledArray();
    array.#tensor = tensorOf(dtype, shape, fortran, data);
    return array;
  }

  /** (version, shape, dtype, whether in Fortran order, values) */
  __setstate__(state: unknown): void {
    const [, shape, dtype, fortran, data] = state as unknown[];
    this.#tensor = tensorOf(dtype, shape, fortran === true || fortran === 1, data);
  }

  /** @throws {Error} its state was never told */
  get tensor(): StoredTensor {
    if (this.#tensor === null) throw new Error("an array without values");
    return this.#tensor;
  }
}

/**
 * Objects of plain attributes, and dicts whose items are attributes too: what training programs
 * keep their arguments in.
 */
const SETTINGS = [
  "argparse Namespace",
  "types SimpleNamespace",
  "easydict EasyDict",
  "yacs.config CfgNode",
  "fvcore.common.config CfgNode",
  "pytorch_lightning.utilities.parsing AttributeDict",
  "lightning_fabric.utilities.data AttributeDict",
  "lightning.fabric.utilities.data AttributeDict",
];

/** Paths of files, as texts. */
const PATHS = ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"];

/**
 * The names and what they make.
 *
 * @param most elements and bytes that calls may copy: a pickle can call often for few bytes
 */
export function containerNames(most: number): Map<string, Callable> {
  let left = most;
  const charge = (count: number) => {
    if ((left -= count) < 0) throw new Error("it copies more than it holds");
  };
  const dict: Callable = (items = []) => {
    const pairs = items instanceof Map ? [...items] : items as [unknown, unknown][];
    charge(pairs.length);
    return new Map(pairs);
  };
  const same: Callable = (items = []) => items;
  const ndarray: Callable = () => {
    throw new Error("an array without its rebuilding");
  };
  const reconstruct: Callable = (made) => {
    if (made !== ndarray) throw new Error("an array of another class");
    return new PickledArray();
  };
  const bytesOf = (text: unknown, encoding: unknown) => {
    if (!["latin1", "latin-1", "latin_1"].includes(String(encoding))) {
      throw new Error("bytes in an encoding that is not latin1");
    }
    const bytes = byteString(text);
    charge(bytes.length);
    return bytes;
  };
  const fromBuffer: Callable = (data, dtype, shape, order) =>
    PickledArray.of(dtype, shape, order === "F", data);
  const scalar: Callable = (dtype, data) => PickledArray.of(dtype, [], false, data);
  class Attributes extends Map<unknown, unknown> {
    __setstate__(state: unknown): void {
      if (!(state instanceof Map)) throw new Error("an object whose attributes are no dict");
      charge(state.size);
      for (const [key, value] of state) if (!this.has(key)) this.set(key, value);
    }
  }
  // Some operations call it and some construct it, which an arrow function cannot.
  const settings = function () {
    return new Attributes();
  };
  const path: Callable = (...parts) => {
    charge(parts.reduce((sum: number, part) => sum + String(part).length, 0));
    return parts.join("/").replace(/^\/\//, "/");
  };
  const entries: [string, Callable][] = [
    ...SETTINGS.map((name): [string, Callable] => [name, settings]),
    ...PATHS.map((name): [string, Callable] => [`pathlib ${name}`, path]),
    ["collections OrderedDict", dict],
    ["collections Counter", dict],
    ["collections defaultdict", () => new Map()],
    ["_codecs encode", bytesOf],
    ["numpy ndarray", ndarray],
    ["numpy dtype", (code) => new Dtype(code)],
  ];
  for (const core of ["numpy.core", "numpy._core"]) {
    entries.push([`${core}.multiarray _reconstruct`, reconstruct]);
    entries.push([`${core}.multiarray scalar`, scalar]);
    entries.push([`${core}.numeric _frombuffer`, fromBuffer]);
  }
  for (const module of ["builtins", "__builtin__"]) {
    entries.push([`${module} dict`, dict], [`${module} list`, same], [`${module} set`, same]);
    entries.push([`${module} frozenset`, same]);
  }
  // A pickle may set attributes on whatever it has named: these are not to be changed.
  return new Map(entries.map(([name, call]) => [name, Object.freeze(call)]));
}

function tensorOf(
  dtype: unknown,
  shape: unknown,
  fortran: boolean,
  data: unknown,
): StoredTensor {
  if (!(dtype instanceof Dtype)) throw new Error("an array without the kind of its elements");
  const lengths = lengthsOf(shape);
  const itemBytes = storedItemBytes[dtype.kind];
  const bytes = data instanceof Uint8Array ? data : byteString(data);
  const needed = lengths.reduce((product, length) => product * length, itemBytes);
  if (needed !== bytes.length) {
    throw new Error(`an array of ${needed} bytes with ${bytes.length} bytes of values`);
  }
  const order = fortran && lengths.length > 1;
  if (!order && !dtype.bigEndian) return { dtype: dtype.kind, shape: lengths, bytes };
  return {
    dtype: dtype.kind,
    shape: lengths,
    bytes: gathered(bytes, lengths, itemBytes, order, dtype.bigEndian),
  };
}

/**
 * Whole numbers of 0 and more.
 *
 * @throws {Error} anything else
 */
export function lengthsOf(value: unknown): number[] {
  if (!Array.isArray(value) || value.length > 32) throw new Error("a shape that is none");
  return value.map((length) => {
    const number = Number(length);
    if (typeof length === "string" || !Number.isSafeInteger(number) || number < 0) {
      throw new Error("a shape that is none");
    }
    return number;
  });
}

/** Elements in C order and little-endian. */
function gathered(
  source: Uint8Array,
  shape: number[],
  itemBytes: number,
  fortran: boolean,
  bigEndian: boolean,
): Uint8Array {
  const target = new Uint8Array(source.length);
  const strides = shape.map((_, axis) =>
    fortran
      ? shape.slice(0, axis).reduce((a, b) => a * b, 1)
      : shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  );
  const index = shape.map(() => 0);
  for (let at = 0, from = 0; at < target.length; at += itemBytes) {
    for (let i = 0; i < itemBytes; i++) {
      target[at + i] = source[from * itemBytes + (bigEndian ? itemBytes - 1 - i : i)];
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

/** The bytes that a text of one character a byte stands for. */
function byteString(text: unknown): Uint8Array {
  if (text instanceof LongText && text.encoding === "latin1") return text.bytes;
  if (typeof text === "string") {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) throw new Error("a text that is no bytes");
      bytes[i] = code;
    }
    return bytes;
  }
  if (!(text instanceof LongText)) throw new Error("a text that is no bytes");
  return fromUtf8(text.bytes);
}

/** UTF-8 of characters to 0xff: one byte, or 0xc2 or 0xc3 and one that goes on. */
function fromUtf8(text: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of text) if ((byte & 0xc0) !== 0x80) count++;
  const bytes = new Uint8Array(count);
  for (let at = 0, to = 0; at < text.length; to++) {
    const first = text[at++];
    if (first < 0x80) {
      bytes[to] = first;
      continue;
    }
    const second = text[at++];
    if ((first !== 0xc2 && first !== 0xc3) || (second & 0xc0) !== 0x80) {
      throw new Error("a text that is no bytes");
    }
    bytes[to] = (first & 3) << 6 | second & 0x3f;
  }
  return bytes;
}
