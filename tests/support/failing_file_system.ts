/**
 * A file system that refuses as a full disk or a read-only folder would: for tests of what is lost
 * then. Everything else goes to the real one.
 */

import { type FileSystem, realFileSystem } from "../../src/io/file_system.ts";

/** As Deno throws them: a name and a number that differ by system; here Linux's. */
export function systemError(code: string): Error {
  const kinds: Record<string, new (message: string) => Error> = {
    ENOENT: Deno.errors.NotFound,
    EACCES: Deno.errors.PermissionDenied,
    EISDIR: Deno.errors.IsADirectory,
  };
  const error = new (kinds[code] ?? Error)(`injected ${code}`);
  return Object.assign(error, { code });
}

export interface Failure {
  /** "ENOSPC", "EROFS" ... */
  code: string;
  /** The call that fails. */
  at: "create" | "append" | "write" | "sync" | "rename" | "makeFolder" | "syncFolder";
  /** With `at: "write"`: bytes that still fit, over all files; 0 when absent. */
  afterBytes?: number;
}

/** The real file system, but for one call. */
export function failingFileSystem({ code, at, afterBytes = 0 }: Failure): FileSystem {
  const refuse = () => Promise.reject(systemError(code));
  let left = afterBytes;
  const opening = (open: FileSystem["create"]): FileSystem["create"] => async (path) => {
    const file = await open(path);
    return {
      close: () => file.close(),
      sync: () => at === "sync" ? refuse() : file.sync(),
      async write(bytes) {
        if (at !== "write") return await file.write(bytes);
        if (left === 0 && bytes.length > 0) throw systemError(code);
        const written = await file.write(bytes.subarray(0, left));
        left -= written;
        return written;
      },
    };
  };
  const fs: FileSystem = {
    ...realFileSystem,
    create: opening(realFileSystem.create),
    append: opening(realFileSystem.append),
  };
  if (at !== "write" && at !== "sync") fs[at] = refuse;
  return fs;
}
