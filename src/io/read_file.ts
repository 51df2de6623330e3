/** Reading files and parts of them, with faults that name the file. */

import { fault } from "../fault.ts";
import { fileFault } from "./file_system.ts";

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
    try {
      const info = await Deno.stat(path);
      requirePlainFile(path, info);
      return new InputFile(path, info.size, await Deno.open(path, { read: true }));
    } catch (error) {
      throw fileFault(error, `Cannot read "${path}"`);
    }
  }

  /**
   * The bytes [offset, offset + length).
   *
   * @throws {Error} a fault: the file ends before, or the device fails
   */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.size) throw this.endsAt(this.size, offset + length);
    const bytes = new Uint8Array(length);
    try {
      await this.file.seek(offset, Deno.SeekMode.Start);
      for (let at = 0; at < length;) {
        const part = await this.file.read(bytes.subarray(at));
        if (part === null) throw this.endsAt(offset + at, offset + length);
        at += part;
      }
    } catch (error) {
      throw fileFault(error, `Cannot read "${this.path}"`);
    }
    return bytes;
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
 * The bytes of a whole file, by one call of the system: it goes on while our thread is busy, where the
 * several calls of {@link InputFile} would each wait for our thread's next turn.
 *
 * @throws {Error} a fault: the file is missing, not a plain file, or may not be read
 */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    requirePlainFile(path, Deno.statSync(path));
    return await Deno.readFile(path);
  } catch (error) {
    throw fileFault(error, `Cannot read "${path}"`);
  }
}

/** Before opening: a pipe would wait for its writer for ever. */
function requirePlainFile(path: string, { isFile, isDirectory }: Deno.FileInfo): void {
  if (isFile) return;
  const found = isDirectory ? "a folder" : "a device or a pipe";
  throw fault(Error, `Cannot read "${path}": it is ${found}; give the path of a file`);
}

/**
 * A whole UTF-8 text file, without its byte order mark.
 *
 * @throws {Error | SyntaxError} a fault: the file cannot be read, or is not UTF-8
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw fault(
      SyntaxError,
      `Cannot read "${path}": it is not UTF-8 text; save it with that encoding`,
      { cause: error },
    );
  }
}
