/**
 * Files appear whole or not at all: a temporary file in the same folder is written, synced and
 * renamed over the old one, then the folder is synced, so that neither a kill nor a power cut
 * leaves half a file. What a kill may leave is the temporary; `removeStaleTemporaries` clears it.
 */

import { basename, dirname, join } from "node:path";
import { fault } from "../fault.ts";
import { fileFault, type FileSystem, isLocked, realFileSystem, writeAll } from "./file_system.ts";
import { linkFault } from "./read_file.ts";
import { isRunning } from "./running_process.ts";

/** Pieces are written one after another, so that a large file needs no second copy in memory. */
export type Content =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** Whether an existing file may be replaced. */
  overwrite: boolean;
  fs?: FileSystem;
}

/** Names of temporaries carry the process, so that one in use is told from one left behind. */
const temporaryName = /^\..+\.(\d+)-\d+\.partial$/;
const inUse = new Set<string>();
let count = 0;

/**
 * A name beside a path, of this process alone; while it is held, nobody takes it for left behind.
 */
export class Temporary implements Disposable {
  readonly path: string;

  constructor(path: string) {
    this.path = join(dirname(path), `.${basename(path)}.${Deno.pid}-${count++}.partial`);
    inUse.add(this.path);
  }

  [Symbol.dispose](): void {
    inUse.delete(this.path);
  }
}

/**
 * Writes the whole file or leaves everything as it was. Text becomes UTF-8. The content must not
 * change until the promise is settled.
 *
 * @throws {Error} a fault: the file exists and `overwrite` is false, its folder is missing, no
 *     space is left, the folder is read-only ...; the old file is intact and no temporary remains
 */
export async function writeWhole(
  path: string,
  content: Content,
  { overwrite, fs = realFileSystem }: WriteOptions,
): Promise<void> {
  const attempted = `Cannot write "${path}"`;
  const folder = dirname(path);
  using temporary = new Temporary(path);
  const unchanged = " (what was there before is unchanged)";
  try {
    await checkTarget(path, overwrite, attempted, fs);
    await writeTemporary(temporary.path, piecesOf(content), fs);
    try {
      // Once more: another process may have finished first.
      await checkTarget(path, overwrite, attempted, fs);
      await fs.rename(temporary.path, path);
    } catch (error) {
      await removeAfter(error, temporary.path, fs);
    }
  } catch (error) {
    throw fileFault(error, attempted, unchanged);
  }
  try {
    await fs.syncFolder(folder);
  } catch (error) {
    throw fileFault(error, attempted);
  }
}

/**
 * Refuses, before the work whose result goes there, what {@link writeWhole} would refuse behind it.
 * The folder may be made later.
 *
 * @throws {Error} a fault: the file exists and `overwrite` is false, or it can be none
 */
export async function refuseTarget(path: string, overwrite: boolean): Promise<void> {
  const attempted = `Cannot write "${path}"`;
  try {
    if (await realFileSystem.kind(path) !== null || linkFault(path, attempted) !== null) {
      await checkTarget(path, overwrite, attempted, realFileSystem);
    }
  } catch (error) {
    throw fileFault(error, attempted);
  }
}

async function checkTarget(
  path: string,
  overwrite: boolean,
  attempted: string,
  fs: FileSystem,
): Promise<void> {
  const kind = await fs.kind(path);
  if (kind === null) {
    const broken = linkFault(path, attempted);
    if (broken !== null) throw broken; // it would be replaced, and what it says be lost
    const folder = dirname(path);
    const above = await fs.kind(folder);
    if (above === "folder") return;
    throw above === null
      ? fault(Error, `${attempted}: the folder "${folder}" does not exist; make it first`)
      : fault(Error, `${attempted}: "${folder}" is a file, not a folder; choose another path`);
  }
  if (kind !== "file") {
    const found = kind === "folder" ? "a folder" : "a device or a pipe";
    throw fault(Error, `${attempted}: it is ${found}, not a file; give the path of a file`);
  }
  if (!overwrite) {
    throw fault(
      Error,
      `${attempted}: the file exists; choose another name, or add --overwrite to replace it`,
    );
  }
}

function piecesOf(content: Content): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeTemporary(
  temporary: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  fs: FileSystem,
): Promise<void> {
  const file = await fs.create(temporary);
  try {
    try {
      for await (const piece of pieces) await writeAll(file, piece);
      await file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    await removeAfter(error, temporary, fs);
  }
}

/** Removes the temporary and throws the error that made it useless, whatever the removal says. */
async function removeAfter(error: unknown, temporary: string, fs: FileSystem): Promise<never> {
  try {
    await fs.remove(temporary);
  } catch (second) {
    // A file system that refuses to write may refuse this too;
    // the first refusal is the one to tell.
    if (error instanceof Error && error.cause === undefined) error.cause = second;
  }
  throw error;
}

/**
 * Removes the temporaries that killed processes left in the folder, and returns their names: files,
 * and the folders of `writeFolder`. Those of running processes of this machine stay. A missing
 * folder holds none.
 *
 * @throws {Error} a fault, when the system refuses
 */
export async function removeStaleTemporaries(
  folder: string,
  fs: FileSystem = realFileSystem,
): Promise<string[]> {
  const removed: string[] = [];
  try {
    for (const name of await namesIn(folder, fs)) {
      const match = temporaryName.exec(name);
      const path = join(folder, name);
      if (!match || inUse.has(path)) continue;
      const writer = Number(match[1]);
      // In a container the number of the killed process may be our own.
      if (writer !== Deno.pid && (isRunning(writer) ?? isLocked(path))) continue;
      try {
        if (await fs.kind(path) === "folder") await Deno.remove(path, { recursive: true });
        else await fs.remove(path);
      } catch (error) {
        // Another run that starts in this moment clears the same folder.
        if (error instanceof Deno.errors.NotFound) continue;
        throw error;
      }
      removed.push(name);
    }
  } catch (error) {
    throw fileFault(error, `Cannot clear unfinished files from "${folder}"`);
  }
  return removed;
}

/** None where the folder is missing: another run may take its empty folder away at any moment. */
async function namesIn(folder: string, fs: FileSystem): Promise<string[]> {
  if (await fs.kind(folder) === null) return [];
  try {
    return await fs.list(folder);
  } catch (error) {
    if (await fs.kind(folder) === null) return [];
    throw error;
  }
}
