/** Reading files and parts of them, with faults that name the file. */

import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { fault } from "../fault.ts";
import { fileFault } from "./file_system.ts";
import { machineMemory } from "../machine_memory.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";

/**
 * Bytes that are read in one piece: as float32 they must go into the 4 GB heap of the cpu, and what
 * is made of them.
 */
export const LARGEST_PIECE = 2 ** 31;
/** Bytes of a text file: lists, annotations and logs take a few megabytes. */
const LARGEST_TEXT = 64 * 2 ** 20;

/** A file opened for reading at any place. Its size is known, so that no reader trusts a header. */
export class InputFile {
  private constructor(
    readonly path: string,
    /** Bytes of the file when it was opened. */
    readonly size: number,
    private readonly file: Deno.FsFile,
  ) {}

  /** @throws {Error} a fault: the file is missing, not a plain file, or may not be read */
  static async open(path: string): Promise<InputFile> {
    const attempted = `Cannot read "${path}"`;
    const info = plainFile(path, attempted);
    try {
      return new InputFile(path, info.size, await Deno.open(path, { read: true }));
    } catch (error) {
      throw fileFault(error, attempted);
    }
  }

  /**
   * The bytes [offset, offset + length).
   *
   * @throws {Error} a fault: the file ends before, it is more than memory holds, or the device
   *     fails
   */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.size) throw this.endsAt(this.size, offset + length);
    requireRoom(length, `Cannot read "${this.path}"`);
    const bytes = new Uint8Array(length);
    await this.readInto(offset, bytes);
    return bytes;
  }

  /**
   * The bytes from `offset` on into memory that is there, shared with other threads or not.
   *
   * @throws as {@link read}
   */
  async readInto(offset: number, bytes: Uint8Array): Promise<void> {
    const { length } = bytes;
    try {
      await this.file.seek(offset, Deno.SeekMode.Start);
      for (let at = 0; at < length;) {
        const part = await this.file.read(bytes.subarray(at) as Uint8Array<ArrayBuffer>);
        if (part === null) throw this.endsAt(offset + at, offset + length);
        at += part;
      }
    } catch (error) {
      throw fileFault(error, `Cannot read "${this.path}"`);
    }
  }

  private endsAt(end: number, needed: number): Error {
    return fault(
      Error,
      `Cannot read "${this.path}": it ends at byte ${end}, ${needed} were expected; ` +
        `copy it again, and do not change it while it is read`,
    );
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

/**
 * The bytes of a whole file, by one call of the system: it goes on while our thread is busy, where
 * the several calls of {@link InputFile} would each wait for our thread's next turn.
 *
 * @throws {Error} a fault: the file is missing, not a plain file, larger than memory, or may not be
 *     read
 */
export async function readBytes(
  path: string,
  attempted = `Cannot read "${path}"`,
): Promise<Uint8Array<ArrayBuffer>> {
  requireRoom(plainFile(path, attempted).size, attempted);
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw fileFault(error, attempted);
  }
}

/**
 * Refuses what is too large to be held in one piece, before memory is asked for it.
 *
 * @param advice how it becomes smaller
 * @throws {RangeError} a fault: more than {@link LARGEST_PIECE}, or than the machine has free
 */
export function requireRoom(
  bytes: number,
  attempted: string,
  advice = "split the video, save fewer crops, or save float16",
): void {
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  const refuse = (found: string) =>
    fault(
      RangeError,
      `${attempted}: it takes ${gigabytes(bytes)} in one piece, ${found}; ${advice}`,
    );
  if (bytes > LARGEST_PIECE) throw refuse(`at most ${gigabytes(LARGEST_PIECE)} are read`);
  if (bytes < LARGEST_TEXT) return; // asking the system costs more than it tells
  const available = machineMemory()?.available ?? Infinity;
  if (bytes > available) throw refuse(`and ${gigabytes(available)} of memory are free`);
}

/** Found where a file is to be: a pipe, which may wait for ever, or a device, which has no end. */
export const NO_FILE = "it is a device or a pipe; give the path of a file";

/** Before opening: a pipe would wait for its writer for ever, and a device has no end. */
function plainFile(path: string, attempted: string): Deno.FileInfo {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    throw linkFault(path, attempted) ?? fileFault(error, attempted);
  }
  if (info.isFile) return info;
  const found = info.isDirectory ? "it is a folder; give the path of a file" : NO_FILE;
  throw fault(Error, `${attempted}: ${found}`);
}

/** Where a path leads nowhere: no such name, links in a circle, a file on the way, too long. */
const NOWHERE = new Set(["ENOENT", "ELOOP", "ENOTDIR", "ENAMETOOLONG"]);

/**
 * What lies at a path, links followed; null where it leads nowhere.
 *
 * @throws {Error} a fault: a folder on the way may not be entered
 */
export function entryAt(path: string, attempted = `Cannot read "${path}"`): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (NOWHERE.has((error as { code?: string }).code ?? "")) return null;
    if (error instanceof Deno.errors.NotCapable) throw error; // no file's fault: it names the flag
    throw fileFault(error, attempted);
  }
}

/**
 * The fault of a symbolic link that leads nowhere, with its target; null where the path is none.
 *
 * @param attempted the message's beginning, which names the link
 */
export function linkFault(path: string, attempted: string): Error | null {
  const target = brokenLink(path);
  if (target === null) return null;
  return fault(
    Error,
    `${attempted}: "${path}" is a link to "${target}", ${
      leadsInACircle(path) ? "and the links lead in a circle" : "which does not exist"
    }; mend or remove the link`,
  );
}

/** Where a symbolic link points from which nothing can be reached; null for anything else. */
function brokenLink(path: string): string | null {
  try {
    if (!lstatSync(path).isSymbolicLink()) return null;
  } catch {
    return null;
  }
  try {
    Deno.statSync(path);
    return null;
  } catch (error) {
    // A permission that is lacking, or a folder that may not be entered, is no fault of the link.
    const code = (error as { code?: string }).code;
    return code === "ENOENT" || code === "ELOOP" ? readlinkSync(path) : null;
  }
}

function leadsInACircle(path: string): boolean {
  try {
    Deno.statSync(path);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ELOOP";
  }
}

export interface TextOptions {
  /** The beginning of messages; `Cannot read "<path>"` when absent. */
  attempted?: string;
  /** Bytes of the largest file that is read; 64 MB when absent. */
  most?: number;
}

/**
 * A whole text file, without its byte order mark: UTF-8, or UTF-16 with its mark, as PowerShell and
 * Windows' editors write.
 *
 * @throws {Error | SyntaxError} a fault: the file cannot be read, is too large, of another kind, or
 *     not of its encoding
 */
export async function readText(path: string, options: TextOptions = {}): Promise<string> {
  const attempted = options.attempted ?? `Cannot read "${path}"`;
  requireTextSize(path, attempted, options.most);
  try {
    return decodeText(await Deno.readFile(path), attempted);
  } catch (error) {
    throw fileFault(error, attempted);
  }
}

/**
 * As {@link readText}, at once.
 *
 * @throws as {@link readText}
 */
export function readTextSync(path: string, options: TextOptions = {}): string {
  return decodeText(readBytesSync(path, options), options.attempted ?? `Cannot read "${path}"`);
}

/**
 * The bytes of a text file, at once, be it compressed.
 *
 * @throws {Error | RangeError} a fault: the file cannot be read, or is too large
 */
export function readBytesSync(path: string, options: TextOptions = {}): Uint8Array<ArrayBuffer> {
  const attempted = options.attempted ?? `Cannot read "${path}"`;
  requireTextSize(path, attempted, options.most);
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw fileFault(error, attempted);
  }
}

function requireTextSize(path: string, attempted: string, most = LARGEST_TEXT): void {
  const { size } = plainFile(path, attempted);
  if (size <= most) return;
  const megabytes = (bytes: number) =>
    bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} kB` : `${Math.ceil(bytes / 2 ** 20)} MB`;
  throw fault(
    RangeError,
    `${attempted}: it has ${megabytes(size)}, at most ${megabytes(most)} are read; ` +
      "check that it is the right file",
  );
}

function decodeText(bytes: Uint8Array, attempted: string): string {
  const kind = foreignKind(bytes.subarray(0, kindBytes), "text");
  if (kind !== null) throw fault(SyntaxError, `${attempted}: ${kind}`);
  const mark = `${bytes[0]} ${bytes[1]}`;
  const encoding = mark === "255 254" ? "utf-16le" : mark === "254 255" ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw fault(
      SyntaxError,
      `${attempted}: it is not ${encoding.toUpperCase()} text; save it as UTF-8`,
      { cause: error },
    );
  }
}
