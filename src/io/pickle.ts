/**
 * Python pickles as data: nothing is run. A pickle names functions and classes; each name is looked
 * up in a table that the reader gives, and every other name refuses the file.
 *
 * Source: cpython:Lib/pickletools.py for the operations, which pickleparser follows.
 */

import { Parser } from "pickleparser";
import { fault, isFault } from "../fault.ts";

/** What a pickle may name, by "module name": plain functions that make data of data, and texts. */
export type PickleNames = Pick<ReadonlyMap<string, unknown>, "get">;

export interface PickleTables {
  names: PickleNames;
  /** What stands for an object that lies beside the pickle; refused when absent. */
  persistent?: (id: unknown) => unknown;
}

export interface Unpickled {
  value: unknown;
  /** The byte after the pickle. */
  end: number;
}

/** Texts of at least so many bytes stay as they lie in the file: they hold the values of arrays. */
const LONG_TEXT = 4096;

/** A long text as its bytes, so that the values of an array take memory once. */
export class LongText {
  constructor(readonly bytes: Uint8Array, readonly encoding: "latin1" | "utf-8") {}
}

/**
 * Reads the pickle that begins at a byte.
 *
 * @param name of the file, for messages
 * @throws {SyntaxError} a fault: damaged, or it names what the table does not have
 */
export function unpickle(
  bytes: Uint8Array,
  at: number,
  name: string,
  { names, persistent }: PickleTables,
): Unpickled {
  const refused = (problem: string) => fault(SyntaxError, `Cannot read "${name}": ${problem}`);
  const reader = new StrictReader(bytes, at);
  const parser = new Parser({
    unpicklingTypeOfDictionary: "Map",
    nameResolver: {
      resolve(module: unknown, symbol: unknown) {
        const found = names.get(`${module} ${symbol}`);
        if (found !== undefined) return found as (...args: unknown[]) => unknown;
        throw refused(
          `it is a pickle that calls ${printable(module)}.${
            printable(symbol)
          }, and calls could run any ` +
            `program; wsvad takes tensors, arrays and plain containers alone: where it is trusted, save ` +
            `the state dict alone, by torch.save(model.state_dict(), "OUT.pth")`,
        );
      },
    },
    persistentResolver: {
      resolve(id: unknown) {
        if (persistent) return persistent(id);
        throw refused("it is a pickle of parts that lie elsewhere; it is damaged or cut off");
      },
    },
  });
  try {
    return { value: parser.read(reader), end: reader.position };
  } catch (error) {
    if (isFault(error)) throw error;
    const reason = String((error as Error)?.message ?? error).split("\n")[0];
    throw refused(
      `it is damaged at byte ${reader.position} of its pickle (${reason}); copy or download it again`,
    );
  }
}

type Reader = Parameters<Parser["read"]>[0];

/** Bytes for the operations of a pickle; every length is checked against what is there. */
class StrictReader implements Reader {
  private readonly view: DataView;
  /** The operation before the length that was read last. */
  private before = 0;
  private last = 0;

  constructor(private readonly data: Uint8Array, public position: number) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  hasNext(): boolean {
    return this.position < this.data.length;
  }

  skip(count: number): void {
    this.take(count);
  }

  byte(): number {
    this.before = this.last;
    return this.last = this.view.getUint8(this.take(1));
  }

  bytes(length: number): Uint8Array {
    const at = this.take(length);
    const bytes = this.data.subarray(at, at + length);
    // pickleparser reads LONG1 and LONG4 without their sign, and rounds beyond 2^53.
    const isLong = this.before === 0x8a || this.last === 0x8b;
    if (isLong && length > 0 && bytes[length - 1] > 127) {
      throw new Error("a whole number below -2^31");
    }
    if (isLong && bytes.some((byte, i) => i > 6 ? byte > 0 : i === 6 && byte > 31)) {
      throw new Error("a whole number over 2^53");
    }
    return bytes;
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** pickleparser calls Python 2's byte strings "ascii": any byte may stand in them. */
  string(length: number, encoding: "ascii" | "utf-8"): string {
    const at = this.take(length);
    const bytes = this.data.subarray(at, at + length);
    if (length >= LONG_TEXT) {
      const text = new LongText(bytes, encoding === "ascii" ? "latin1" : "utf-8");
      return text as unknown as string;
    }
    return encoding === "ascii" ? latin1(bytes) : utf8.decode(bytes);
  }

  line(): string {
    const end = this.data.indexOf(0x0a, this.position);
    if (end < 0 || end - this.position >= LONG_TEXT) throw new Error("a line without an end");
    const line = latin1(this.data.subarray(this.position, end));
    this.position = end + 1;
    return line;
  }

  private take(length: number): number {
    const at = this.position;
    if (!(length >= 0 && at + length <= this.data.length)) {
      throw new Error(`${length} bytes were expected, ${this.data.length - at} are left`);
    }
    this.position += length;
    return at;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One character a byte; TextDecoder's latin1 is windows-1252 and moves 0x80 to 0x9f. */
function latin1(bytes: Uint8Array): string {
  return bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
}

function printable(name: unknown): string {
  return typeof name === "string" ? name.replace(/[^\w.<>-]/g, "?").slice(0, 80) : "?";
}
