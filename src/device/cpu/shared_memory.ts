/**
 * WebAssembly modules on memory that threads share. A module that was compiled for memory of its
 * own does on shared memory as well, except that both must say so where the memory is declared: in
 * the limits of the memory section, or of the import. The rest of the module, tfjs's or ours, stays
 * as it is.
 */

const HEADER_BYTES = 8, IMPORTS = 2, MEMORIES = 5;
const KINDS = { function: 0, table: 1, memory: 2, global: 3 };
const SHARED_WITH_MAXIMUM = 3;
/** Of 64 KiB each: all that 32-bit addresses reach. */
const MOST_PAGES = 65536;

/**
 * A module with its memory, declared or imported, shared.
 *
 * @param module WebAssembly's binary format
 * @throws {SyntaxError} it has another number of memories than one, or is cut off
 */
export function shareMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [module.subarray(0, HEADER_BYTES)];
  let memories = 0;
  for (let at = HEADER_BYTES; at < module.length;) {
    const reader = new Reader(module, at + 1);
    const size = reader.number(), start = reader.at, end = start + size;
    const limits = module[at] === IMPORTS
      ? importedLimits(reader)
      : module[at] === MEMORIES
      ? (reader.number(), [reader.at])
      : [];
    memories += limits.length;
    if (limits.length === 1) {
      const body = [...module.subarray(start, limits[0])];
      const after = new Reader(module, limits[0]);
      const { least } = after.limits();
      body.push(SHARED_WITH_MAXIMUM, ...encoded(least), ...encoded(MOST_PAGES));
      for (let i = after.at; i < end; i++) body.push(module[i]);
      pieces.push(Uint8Array.of(module[at], ...encoded(body.length), ...body));
    } else {
      pieces.push(module.subarray(at, end));
    }
    at = end;
  }
  if (memories !== 1) throw new SyntaxError(`A module with ${memories} memories cannot share one`);
  return joined(pieces);
}

/** Where the limits of imported memories stand. */
function importedLimits(reader: Reader): number[] {
  const found: number[] = [];
  for (let left = reader.number(); left > 0; left--) {
    reader.skip(reader.number()); // name of the other module
    reader.skip(reader.number()); // name there
    const kind = reader.number();
    if (kind === KINDS.memory) found.push(reader.at);
    if (kind === KINDS.memory) reader.limits();
    else if (kind === KINDS.table) reader.tableType();
    else if (kind === KINDS.global) reader.skip(2);
    else reader.number(); // a function's type
  }
  return found;
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** An unsigned number in LEB128. */
  number(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new SyntaxError("The module ends within a number");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  tableType(): void {
    this.skip(1);
    this.limits();
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  limits(): { least: number } {
    const flags = this.number(), least = this.number();
    if (flags & 1) this.number();
    return { least };
  }
}

function encoded(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value & 127 | 128);
  return [...bytes, value];
}

function joined(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
