/**
 * The header of numpy's `.npy` files: magic, version, length, and a Python dict literal with
 * exactly `descr`, `fortran_order` and `shape`. It is parsed by a small grammar, never evaluated.
 *
 * Source: numpy/numpy:doc/neps/nep-0001-npy-format.rst, versions 1.0, 2.0 and 3.0.
 */

import { fault } from "../fault.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";

/** Element kinds that are read, by numpy's codes without the byte order. */
export type NpyDtype = "f2" | "f4" | "f8" | "i4" | "i8" | "u1" | "b1";

/** As numpy calls them. */
export const npyDtypeNames: Record<NpyDtype, string> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  b1: "bool",
};

/** Bytes per element. */
export const npyItemBytes: Record<NpyDtype, number> = {
  f2: 2,
  f4: 4,
  f8: 8,
  i4: 4,
  i8: 8,
  u1: 1,
  b1: 1,
};

export interface NpyHeader {
  shape: number[];
  dtype: NpyDtype;
  bigEndian: boolean;
  /** Whether the first axis runs fastest in the file. */
  fortranOrder: boolean;
  /** Product of the shape. */
  elements: number;
  /** Byte at which the values begin. */
  bodyOffset: number;
}

/**
 * Bytes that hold magic, version and header length in every version, and tell the kind of other
 * files.
 */
export const npyPrefixBytes = kindBytes;

/** What version 1 can say; three keys never need more, so a larger length is damage or malice. */
const longestHeader = 65_535;
/** numpy itself stops at 64. */
const mostAxes = 64;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
const rewrite = "write it again with numpy.save(path, array)";
const copyAgain = "it is damaged: copy or download it again";

function unreadable(name: string, problem: string): Error {
  return fault(SyntaxError, `Cannot read "${name}": ${problem}`);
}

/**
 * Where the header text lies: bytes [start, end).
 *
 * @param prefix the first {@link npyPrefixBytes} bytes of the file, or all of a shorter one
 * @param size bytes of the whole file
 * @throws {SyntaxError} a fault naming the byte
 */
export function locateNpyHeader(
  prefix: Uint8Array,
  size: number,
  name: string,
): { start: number; end: number } {
  if (size === 0) {
    throw unreadable(name, "the file is empty (0 bytes), expected a .npy array; " + copyAgain);
  }
  const wrong = magic.findIndex((byte, at) => at < prefix.length && prefix[at] !== byte);
  if (wrong >= 0) {
    throw unreadable(
      name,
      foreignKind(prefix, "array") ??
        `expected a .npy array, found other bytes at byte ${wrong}; check that it is a .npy file`,
    );
  }
  if (prefix.length < 10) {
    throw unreadable(name, `the file ends at byte ${size}, within its first fields; ${copyAgain}`);
  }
  const [major, minor] = [prefix[6], prefix[7]];
  if (![1, 2, 3].includes(major) || minor !== 0) {
    throw unreadable(
      name,
      `unknown .npy version ${major}.${minor} at byte 6, known are 1.0, 2.0 and 3.0; ${rewrite}`,
    );
  }
  const start = major === 1 ? 10 : 12;
  if (prefix.length < start) {
    throw unreadable(name, `the file ends at byte ${size}, within its first fields; ${copyAgain}`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > size) {
    throw unreadable(
      name,
      `the header should take ${length} bytes from byte ${start}, the file ends at byte ${size}; ` +
        copyAgain,
    );
  }
  if (length > longestHeader) {
    throw unreadable(
      name,
      `the header takes ${length} bytes, at most ${longestHeader} are read; ${rewrite}`,
    );
  }
  return { start, end: start + length };
}

/**
 * Reads the header text and checks it against the size of the file.
 *
 * @param text the bytes that {@link locateNpyHeader} found, the first lying at byte `start`
 * @throws {SyntaxError | TypeError} a fault: not the dict literal of the format, an element kind
 *     that is not read,
 * or a length other than header and values
 */
export function parseNpyHeader(
  text: Uint8Array,
  start: number,
  size: number,
  name: string,
): NpyHeader {
  const { descr, fortranOrder, shape } = parseDict(text, start, name);
  const { dtype, bigEndian } = elementKind(descr, name);
  const elements = shape.reduce((product, length) => product * length, 1);
  const bodyBytes = elements * npyItemBytes[dtype];
  if (!Number.isSafeInteger(bodyBytes)) {
    throw unreadable(name, `the shape (${shape.join(", ")}) holds too many values; ${copyAgain}`);
  }
  const bodyOffset = start + text.length;
  const found = size - bodyOffset;
  if (found !== bodyBytes) {
    throw unreadable(
      name,
      `the shape (${shape.join(", ")}) of ${descr} takes ${bodyBytes} bytes from byte ` +
        `${bodyOffset}, found ${found}; ` +
        (found < bodyBytes ? `it is cut short: copy or download it again` : rewrite),
    );
  }
  return { shape, dtype, bigEndian, fortranOrder, elements, bodyOffset };
}

/**
 * The number of axes, of elements of any kind: of texts and objects too, which are not read.
 *
 * @throws {SyntaxError | TypeError} a fault: not the dict literal of the format, or records
 */
export function npyAxes(text: Uint8Array, start: number, name: string): number {
  return parseDict(text, start, name).shape.length;
}

interface Dict {
  descr: string;
  fortranOrder: boolean;
  shape: number[];
}

function parseDict(bytes: Uint8Array, start: number, name: string): Dict {
  // One character a byte, so that positions are bytes; the three keys and their values are ASCII.
  const text = new TextDecoder("latin1").decode(bytes);
  let at = 0;
  const found: Partial<Dict> = {};

  /** Takes what matches here, after spaces. */
  function take(pattern: RegExp): RegExpExecArray | null {
    const here = new RegExp(`[ \\t\\n]*(?:${pattern.source})`, "y");
    here.lastIndex = at;
    const match = here.exec(text);
    if (match) at = here.lastIndex;
    return match;
  }
  function expected(what: string): Error {
    const seen = JSON.stringify(text.slice(at, at + 20));
    return unreadable(
      name,
      `expected ${what} in the header at byte ${start + at}, found ${seen}; ${rewrite}`,
    );
  }

  if (!take(/\{/)) throw expected("{");
  while (!take(/\}/)) {
    const key = take(/'([^'\\]*)'|"([^"\\]*)"/);
    if (!key) throw expected("a key in quotes or }");
    if (!take(/:/)) throw expected(":");
    switch (key[1] ?? key[2]) {
      case "descr": {
        if (found.descr !== undefined) throw expected("descr once");
        const descr = take(/'([^'\\]*)'|"([^"\\]*)"/);
        if (!descr && take(/\[/)) throw unsupported("records of several fields", name);
        if (!descr) throw expected("the element kind in quotes");
        found.descr = descr[1] ?? descr[2];
        break;
      }
      case "fortran_order": {
        if (found.fortranOrder !== undefined) throw expected("fortran_order once");
        const flag = take(/(True|False)\b/);
        if (!flag) throw expected("True or False");
        found.fortranOrder = flag[1] === "True";
        break;
      }
      case "shape": {
        if (found.shape !== undefined) throw expected("shape once");
        if (!take(/\(/)) throw expected("a tuple of whole numbers");
        found.shape = [];
        while (!take(/\)/)) {
          // Python 2 wrote 10L.
          const length = take(/(\d+)L?/);
          if (!length || !Number.isSafeInteger(Number(length[1]))) {
            throw expected("a whole number from 0 to 2^53");
          }
          found.shape.push(Number(length[1]));
          if (found.shape.length > mostAxes) throw expected(`at most ${mostAxes} axes`);
          // "(5)" is a number in Python; a tuple of one needs its comma.
          if (!take(/,/) && (found.shape.length === 1 || !/^[ \t\n]*\)/.test(text.slice(at)))) {
            throw expected(",");
          }
        }
        break;
      }
      default:
        throw unreadable(
          name,
          `unknown key ${key[0].trim()} in the header before byte ${start + at}, expected only ` +
            `descr, fortran_order and shape; ${rewrite}`,
        );
    }
    if (!take(/,/) && !/^[ \t\n]*\}/.test(text.slice(at))) throw expected(", or }");
  }
  if (!/^ *\n$/.test(text.slice(at))) throw expected("spaces and a newline at the end");
  const { descr, fortranOrder, shape } = found;
  if (descr === undefined || fortranOrder === undefined || shape === undefined) {
    const missing = descr === undefined
      ? "descr"
      : fortranOrder === undefined
      ? "fortran_order"
      : "shape";
    throw unreadable(name, `the header lacks the key "${missing}"; ${rewrite}`);
  }
  return { descr, fortranOrder, shape };
}

function elementKind(descr: string, name: string): { dtype: NpyDtype; bigEndian: boolean } {
  const match = /^(?:([<>])(f2|f4|f8|i4|i8)|[|<>](u1|b1))$/.exec(descr);
  if (match) return { dtype: (match[2] ?? match[3]) as NpyDtype, bigEndian: match[1] === ">" };
  if (/^\|?O/.test(descr)) {
    throw fault(
      TypeError,
      `Cannot read "${name}": it holds pickled Python objects (${descr}), which could run any ` +
        `program and are never loaded; if you trust the file, convert it first: python3 -c ` +
        `"import numpy as np; a = np.load('IN.npy', allow_pickle=True); ` +
        `np.save('OUT.npy', np.stack([np.asarray(x, np.float32) for x in a]))"`,
    );
  }
  if (/^[<>|]?V2$/.test(descr)) {
    throw fault(
      TypeError,
      `Cannot read "${name}": it holds values of two bytes whose kind numpy could not name ` +
        `(${descr}), as it saves bfloat16; if they are, convert it by python3 -c "import numpy as ` +
        `np; a = np.load('IN.npy').view('<u2').astype('<u4') << 16; ` +
        `np.save('OUT.npy', a.view('<f4'))"`,
    );
  }
  const kind = /^[<>|=]?c/.test(descr)
    ? `complex numbers (${descr})`
    : /^[<>|=]?[USa]/.test(descr)
    ? `texts (${descr})`
    : `elements of kind "${descr}"`;
  throw unsupported(kind, name);
}

function unsupported(kind: string, name: string): Error {
  return fault(
    TypeError,
    `Cannot read "${name}": it holds ${kind}, expected float16, float32, float64, int32, int64, ` +
      `uint8 or bool; convert it with numpy: numpy.save(path, array.astype("float32"))`,
  );
}
