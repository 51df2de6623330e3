/**
 * The header of `.safetensors` files: a JSON object of a fixed form, read by a parser of that form
 * alone, because JSON.parse keeps the last of two equal keys without a word and rounds numbers.
 *
 * Source: huggingface/safetensors:README.md, "Format", and safetensors/src/tensor.rs, `Metadata`.
 */

import { fault } from "../fault.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";

/** Element kinds that are read and written. */
export type StoredDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Bytes per element. */
export const storedItemBytes: Record<StoredDtype, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** What the header says of one tensor; `begin` and `end` count from the end of the header. */
export interface TensorSpan {
  dtype: StoredDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  /** In the order of the header. */
  tensors: Map<string, TensorSpan>;
  metadata: Record<string, string>;
}

/** Bytes of the length field before the header. */
export const lengthFieldBytes = 8;
/** Bytes that hold the length field, and tell the kind of other files. */
export const prefixBytes = kindBytes;
/** The format's own limit. */
export const longestHeader = 100_000_000;
const copyAgain = "it is damaged: copy or download it again";
const saveAgain = "save it again with safetensors";

/** A fault in the file `name`, at a byte where it helps. */
export function unreadable(name: string, problem: string): Error {
  return fault(SyntaxError, `Cannot read "${name}": ${problem}`);
}

/**
 * Bytes of the header, from the length field.
 *
 * @param prefix the first {@link prefixBytes} bytes of the file, or all of a shorter one
 * @param size bytes of the whole file
 * @throws {SyntaxError} a fault
 */
export function headerLength(prefix: Uint8Array, size: number, name: string): number {
  const kind = foreignKind(prefix, "tensors");
  if (kind !== null) throw unreadable(name, kind);
  if (prefix.length < lengthFieldBytes) {
    throw unreadable(
      name,
      `a .safetensors file begins with a length of 8 bytes, the file has ${size}; ${copyAgain}`,
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, lengthFieldBytes);
  const length = view.getBigUint64(0, true);
  if (length > longestHeader) {
    throw unreadable(
      name,
      `the header should take ${length} bytes, the format allows ${longestHeader}; ` +
        `check that it is a .safetensors file`,
    );
  }
  if (lengthFieldBytes + Number(length) > size) {
    throw unreadable(
      name,
      `the header should take ${length} bytes from byte 8, the file ends at byte ${size}; ` +
        copyAgain,
    );
  }
  return Number(length);
}

/**
 * Parses the header and checks that the tensors cover the rest of the file without holes or
 * overlaps.
 *
 * @param bodyBytes bytes of the file after the header
 * @throws {SyntaxError} a fault naming the byte or the tensor
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  bodyBytes: number,
  name: string,
): SafetensorsHeader {
  const header = new HeaderParser(bytes, name).parse();
  const spans = [...header.tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [tensor, { dtype, shape, begin, end }] of spans) {
    const where = `tensor "${tensor}"`;
    const expected = shape.reduce((product, length) => product * length, storedItemBytes[dtype]);
    if (end - begin !== expected) {
      throw unreadable(
        name,
        `${where} of shape [${shape.join(", ")}] and kind ${dtype} takes ${expected} bytes, ` +
          `its offsets ${begin} to ${end} say ${end - begin}; ${saveAgain}`,
      );
    }
    if (begin !== covered) {
      throw unreadable(
        name,
        `${where} begins at byte ${begin} of the values, the tensors before it end at ${covered} ` +
          `(${begin < covered ? "overlap" : "hole"}); ${saveAgain}`,
      );
    }
    if (end > bodyBytes) {
      throw unreadable(
        name,
        `${where} ends at byte ${end} of the values, the file has ${bodyBytes} of them; ` +
          `it is cut short: copy or download it again`,
      );
    }
    covered = end;
  }
  if (covered !== bodyBytes) {
    throw unreadable(
      name,
      `${bodyBytes - covered} bytes follow the last tensor, from byte ${covered} of the values; ` +
        saveAgain,
    );
  }
  return header;
}

/**
 * Reads `{ name: { dtype, shape, data_offsets }, __metadata__: { text: text } }`, each key once.
 */
class HeaderParser {
  private readonly text: string;
  private at = 0;

  constructor(bytes: Uint8Array, private readonly name: string) {
    if (bytes[0] !== 0x7b) {
      throw unreadable(
        name,
        `the header must begin with { at byte 8; check that it is a .safetensors file`,
      );
    }
    try {
      this.text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw fault(
        SyntaxError,
        `Cannot read "${name}": the header is not UTF-8 text; ${copyAgain}`,
        { cause: error },
      );
    }
  }

  parse(): SafetensorsHeader {
    const tensors = new Map<string, TensorSpan>();
    const metadata = new Map<string, string>();
    this.object((key) => {
      if (key !== "__metadata__") tensors.set(key, this.tensor(key));
      else this.object((entry) => metadata.set(entry, this.string("a text in quotes")));
    });
    this.skipSpaces();
    if (this.at < this.text.length) throw this.expected("the end of the header");
    return { tensors, metadata: Object.fromEntries(metadata) };
  }

  private tensor(tensor: string): TensorSpan {
    let dtype: StoredDtype | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.object((key) => {
      if (key === "dtype") dtype = this.dtype(tensor);
      else if (key === "shape") shape = this.integers();
      else if (key === "data_offsets") offsets = this.integers();
      else {
        throw this.wrong(
          `tensor "${tensor}" has an unknown key "${key}", expected dtype, shape, data_offsets`,
        );
      }
    });
    if (!dtype || !shape || !offsets) {
      const missing = !dtype ? "dtype" : !shape ? "shape" : "data_offsets";
      throw this.wrong(`tensor "${tensor}" lacks the key "${missing}"`);
    }
    if (offsets.length !== 2 || offsets[0] > offsets[1]) {
      throw this.wrong(
        `tensor "${tensor}" has the offsets [${offsets.join(", ")}], expected a begin and an end`,
      );
    }
    return { dtype, shape, begin: offsets[0], end: offsets[1] };
  }

  private dtype(tensor: string): StoredDtype {
    const found = this.string("the element kind in quotes");
    if (Object.hasOwn(storedItemBytes, found)) return found as StoredDtype;
    throw unreadable(
      this.name,
      `tensor "${tensor}" has the element kind "${found}", expected one of ` +
        `${Object.keys(storedItemBytes).join(", ")}; save it as one of them`,
    );
  }

  /** Calls `value` at each value; keys may come once. */
  private object(value: (key: string) => void): void {
    const keys = new Set<string>();
    this.punctuation("{");
    if (this.next() === "}") return this.punctuation("}");
    for (;;) {
      const key = this.string("a key in quotes");
      if (keys.has(key)) throw this.wrong(`the key "${key}" comes twice`);
      keys.add(key);
      this.punctuation(":");
      value(key);
      if (this.next() !== ",") return this.punctuation("}");
      this.punctuation(",");
    }
  }

  private integers(): number[] {
    const values: number[] = [];
    this.punctuation("[");
    if (this.next() === "]") {
      this.punctuation("]");
      return values;
    }
    for (;;) {
      this.skipSpaces();
      const number = /(?:0|[1-9]\d*)(?![\d.eE])/y;
      number.lastIndex = this.at;
      const digits = number.exec(this.text)?.[0];
      if (digits === undefined || !Number.isSafeInteger(Number(digits))) {
        throw this.expected("a whole number from 0 to 2^53");
      }
      this.at += digits.length;
      values.push(Number(digits));
      if (this.next() !== ",") {
        this.punctuation("]");
        return values;
      }
      this.punctuation(",");
    }
  }

  private string(what: string): string {
    if (this.next() !== '"') throw this.expected(what);
    let end = this.at + 1;
    // An escape is two characters at least; JSON.parse checks the rest of it.
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    try {
      const value: string = JSON.parse(this.text.slice(this.at, end + 1));
      this.at = end + 1;
      return value;
    } catch (error) {
      if (error instanceof SyntaxError) throw this.expected(what);
      throw error;
    }
  }

  private punctuation(character: string): void {
    if (this.next() !== character) throw this.expected(character);
    this.at++;
  }

  private next(): string | undefined {
    this.skipSpaces();
    return this.text[this.at];
  }

  private skipSpaces(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private expected(what: string): Error {
    const seen = JSON.stringify(this.text.slice(this.at, this.at + 20));
    return this.wrong(`expected ${what}, found ${seen}`);
  }

  private wrong(problem: string): Error {
    const byte = lengthFieldBytes + new TextEncoder().encode(this.text.slice(0, this.at)).length;
    return unreadable(this.name, `${problem}, in the header at byte ${byte}; ${saveAgain}`);
  }
}
