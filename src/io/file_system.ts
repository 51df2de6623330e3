/**
 * The calls that writing needs, as an interface, so that tests can inject a full disk or a
 * read-only folder; and the faults that the operating system's refusals become.
 */

import { fault } from "../fault.ts";
import { sizeLimitSignals, sizeLimitTold, surviveSizeLimit } from "./size_limit.ts";

/** A file opened for writing. */
export interface WritableFile {
  /** Writes a part and returns how many bytes that was. */
  write(bytes: Uint8Array): Promise<number>;
  /** Returns when the bytes are on the device. */
  sync(): Promise<void>;
  close(): void;
}

/** What the tool asks of a file system in order to write. Errors are those of Deno. */
export interface FileSystem {
  /** Opens a new file; rejects when the path exists. */
  create(path: string): Promise<WritableFile>;
  /** Opens a file to write at its end; makes it when it is absent. */
  append(path: string): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** What stands at the path, links followed; null when nothing does. */
  kind(path: string): Promise<"file" | "folder" | "other" | null>;
  /** Makes the folder and those above it; existing ones are fine. */
  makeFolder(path: string): Promise<void>;
  /** Makes renames within the folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Names of the entries of the folder. */
  list(folder: string): Promise<string[]>;
}

/**
 * Whether a process has made the file by {@link realFileSystem} and still writes it, as far as
 * nobody knows better: a file system without locks tells of none that it is free.
 */
export function isLocked(path: string): boolean {
  try {
    using file = Deno.openSync(path, { write: true });
    return !file.tryLockSync(true);
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/**
 * Writes to a file; past the size limit it rejects when the signal of the limit has come, which
 * harms nothing then.
 */
export async function writeBelowLimit<T>(write: () => Promise<T>): Promise<T> {
  surviveSizeLimit();
  const before = sizeLimitSignals();
  try {
    return await write();
  } catch (error) {
    if (hasCode(error, "EFBIG")) await sizeLimitTold(before);
    throw error;
  }
}

function belowLimit(file: Deno.FsFile): WritableFile {
  return {
    write: (bytes) => writeBelowLimit(() => file.write(bytes)),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/** The file system of this machine. */
export const realFileSystem: FileSystem = {
  async create(path) {
    const file = await Deno.open(path, { write: true, createNew: true });
    try {
      file.tryLockSync(true); // goes with the process: isLocked() asks for it
    } catch {
      // a file system without locks
    }
    return belowLimit(file);
  },
  async append(path) {
    return belowLimit(await Deno.open(path, { append: true, create: true }));
  },
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
  async kind(path) {
    try {
      const { isFile, isDirectory } = await Deno.stat(path);
      return isFile ? "file" : isDirectory ? "folder" : "other";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  },
  makeFolder: (path) => Deno.mkdir(path, { recursive: true }),
  async syncFolder(path) {
    // Windows opens no folders; its renames need no such call.
    if (Deno.build.os === "windows") return;
    using folder = await Deno.open(path, { read: true });
    try {
      await folder.sync();
    } catch (error) {
      // Some network file systems refuse to sync folders; there is nothing more to be had.
      if (errorCode(error) !== "EINVAL") throw error;
    }
  },
  async list(folder) {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
    return names.sort();
  },
};

/** Writes all bytes; `write` alone may write a part only. */
export async function writeAll(file: WritableFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/**
 * Appends the text (UTF-8) to a file, made when absent: for logs, which are the only files that
 * grow. With `sync` it returns when all that was ever appended is on the device.
 *
 * @throws {Error} a fault, when the system refuses
 */
export async function appendText(
  path: string,
  text: string,
  fs: FileSystem = realFileSystem,
  { sync = false }: { sync?: boolean } = {},
): Promise<void> {
  try {
    const file = await fs.append(path);
    try {
      await writeAll(file, new TextEncoder().encode(text));
      if (sync) await file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    throw fileFault(error, `Cannot append to "${path}"`);
  }
}

/**
 * Makes the folder and those above it.
 *
 * @throws {Error} a fault, when the system refuses or a file of that name exists
 */
export async function makeFolder(path: string, fs: FileSystem = realFileSystem): Promise<void> {
  try {
    await fs.makeFolder(path);
  } catch (error) {
    const attempted = `Cannot make the folder "${path}"`;
    if (!hasCode(error, "EEXIST")) throw fileFault(error, attempted);
    const found = "a file of that name is in the way; choose another path";
    throw fault(Error, `${attempted}: ${found}`, { cause: error });
  }
}

/** What was found and what to do, by the name of the system's error. */
const refusals: Record<string, string> = {
  EACCES: "permission denied; check the owner and the mode of the file and its folder",
  EPERM: "operation not permitted; check the owner and the mode of the file and its folder",
  EROFS: "the file system is read-only; choose another folder",
  ENOSPC: "no space left on the device; free some space or choose another folder",
  EDQUOT: "the disk quota is used up; free some space or choose another folder",
  EFBIG: "the file would be larger than the system allows; raise `ulimit -f` or choose another " +
    "file system",
  ENOENT: "no such file or folder; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "it is a folder, not a file; give the path of a file",
  EEXIST: "it exists already; choose another name",
  ENAMETOOLONG: "the name is too long for the file system; choose a shorter one",
  ELOOP: "the symbolic links of the path lead in a circle; mend the links",
  EMFILE: "too many open files; raise `ulimit -n`",
  ENFILE: "too many open files on this machine; close some programs",
  EIO: "the device reports an input/output error; check the disk and the connection",
  ESTALE: "the network folder went away; mount it again",
  ENOTCONN: "the network folder went away; mount it again",
  ENOTEMPTY: "the folder is not empty; empty it or choose another one",
  EXDEV: "it lies on another file system; choose a place on the same one",
  EBUSY: "another program uses it; wait for that, or choose another path",
  ENXIO: "it is a pipe, a socket or a device that nobody serves; give the path of a file",
  EINVAL: "the system takes no such path or call here; choose another place",
};

/** Numbers of errors that Deno leaves without a name; Windows numbers its own. */
const unnamed: Record<number, string> = Deno.build.os === "windows"
  ? { 39: "ENOSPC", 112: "ENOSPC", 19: "EROFS", 223: "EFBIG" }
  : Deno.build.os === "darwin"
  ? { 6: "ENXIO", 27: "EFBIG", 69: "EDQUOT", 70: "ESTALE" }
  : { 6: "ENXIO", 27: "EFBIG", 122: "EDQUOT", 116: "ESTALE" };

/** What Deno and Node write: `Text file busy (os error 26): ...`, `EBUSY: resource busy, ...`. */
const OF_THE_SYSTEM = /^(?:E[A-Z0-9]+: (?<node>[^,]+)|(?<deno>[^(]+) \(os error \d+\))/;

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  const number = /\(os error (\d+)\)/.exec(error.message);
  return number ? unnamed[Number(number[1])] : undefined;
}

/** Whether the system refused a name of this length: a shorter one would do. */
export function isNameTooLong(error: unknown): boolean {
  return hasCode(error, "ENAMETOOLONG");
}

/** Whether the system found no such file, or not the folder that it is to lie in. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

/** What the place of a file refuses, whatever the bytes and wherever they came from. */
const OF_THE_PLACE = ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO", "ESTALE"];

/** Whether the device or the folder that is written to refused, not what the bytes are read of. */
export function isRefusedByPlace(error: unknown): boolean {
  return OF_THE_PLACE.includes(errorCode(error) ?? "");
}

/** Of the system's error, or of the fault that tells it. */
function hasCode(error: unknown, code: string): boolean {
  const { cause } = error as { cause?: unknown };
  return errorCode(error) === code || errorCode(cause) === code;
}

/**
 * The fault for an error of the file system, `attempted` being the message's beginning:
 * `Cannot write "x.json"`. Errors that are not the system's come back as they are.
 *
 * @example
 * try { ... } catch (error) { throw fileFault(error, `Cannot write "${path}"`); }
 */
export function fileFault(error: unknown, attempted: string, note = ""): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    return fault(Error, `${attempted}: ${error.message}${note}`, { cause: error });
  }
  const refusal = refusals[errorCode(error) ?? ""] ?? systemsWords(error);
  return refusal ? fault(Error, `${attempted}: ${refusal}${note}`, { cause: error }) : error;
}

/** What the system itself says, for errors that are too rare for words of ours. */
function systemsWords(error: unknown): string | undefined {
  const { node, deno } = error instanceof Error && OF_THE_SYSTEM.exec(error.message)?.groups || {};
  const words = node ?? deno;
  return words &&
    `${words[0].toLowerCase()}${words.slice(1)}; check the path, or choose another one`;
}
