/**
 * The features of a video while they are made: rows of D numbers, in a file beside those that are
 * done, so that memory does not grow with the video.
 */

import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import { surviveSizeLimit } from "../io/size_limit.ts";

/** Rows that are written in any order, and read when all are there. */
export interface FeatureRows extends Disposable {
  /** Rows from a place on, [rows, D]. */
  write(row: number, values: Float32Array): void;
  /** Some rows, [count, D], which hold until more are read. */
  read(row: number, count: number): Float32Array;
}

/** Rows in memory: those of short videos and of tests. */
export class RowsInMemory implements FeatureRows {
  readonly #dim: number;
  #values = new Float32Array(0);

  constructor(dim: number) {
    this.#dim = dim;
  }

  write(row: number, values: Float32Array): void {
    const end = row * this.#dim + values.length;
    if (end > this.#values.length) {
      const more = new Float32Array(Math.max(end, 2 * this.#values.length));
      more.set(this.#values);
      this.#values = more;
    }
    this.#values.set(values, row * this.#dim);
  }

  read(row: number, count: number): Float32Array {
    return this.#values.subarray(row * this.#dim, (row + count) * this.#dim);
  }

  [Symbol.dispose](): void {
    this.#values = new Float32Array(0);
  }
}

/** Rows in a file, which stays when it is closed. */
export class RowsInFile implements FeatureRows {
  readonly #path: string;
  readonly #dim: number;
  readonly #file: Deno.FsFile;
  /** Of what was read last: memory that comes and goes would stand as garbage. */
  #values = new Float32Array(0);

  /** @throws {Error} a fault: the file cannot be made */
  constructor(path: string, dim: number) {
    this.#path = path;
    this.#dim = dim;
    surviveSizeLimit();
    try {
      this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    } catch (error) {
      throw fileFault(error, `Cannot write "${path}"`);
    }
  }

  /** @throws {Error} a fault: the disk is full, or fails */
  write(row: number, values: Float32Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    try {
      // Both calls at once: others write between two turns of the loop of events.
      this.#file.seekSync(4 * row * this.#dim, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw fileFault(error, `Cannot write "${this.#path}"`);
    }
  }

  /** @throws {Error} a fault: the device fails, or somebody has cut the file */
  read(row: number, count: number): Float32Array {
    const size = count * this.#dim;
    if (this.#values.length < size) this.#values = new Float32Array(size);
    const values = this.#values.subarray(0, size);
    const bytes = new Uint8Array(values.buffer, 0, values.byteLength);
    const attempted = `Cannot read "${this.#path}"`;
    try {
      this.#file.seekSync(4 * row * this.#dim, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const part = this.#file.readSync(bytes.subarray(at));
        if (part === null) throw fault(Error, `${attempted}: it has lost its end; run again`);
        at += part;
      }
    } catch (error) {
      throw fileFault(error, attempted);
    }
    return values;
  }

  /** Returns when all that was written is on the device. */
  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
