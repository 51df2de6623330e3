/** A stretch of a file that is read as if it were a file: all of it, or what an archive stores. */

import { InputFile } from "./read_file.ts";
import type { ByteSource } from "./zip_archive.ts";

/** Bytes [offset, offset + size) of a file. */
export interface FileStretch {
  /** For messages. */
  name: string;
  path: string;
  offset: number;
  size: number;
}

/**
 * Opens the file for reads of the stretch, one at a time.
 *
 * @throws {Error} a fault: the file is missing, not a plain file, or may not be read
 */
export async function openStretch(
  { name, path, offset, size }: FileStretch,
): Promise<ByteSource & Disposable> {
  const file = await InputFile.open(path);
  return {
    path: name,
    size,
    read: (at, length) => file.read(offset + at, length),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/**
 * A file that is opened anew for every read, so that reads may overlap in time, as those of an
 * archive's members do.
 */
export function reopenedFile(path: string, size: number): ByteSource {
  return {
    path,
    size,
    async read(at, length) {
      using file = await InputFile.open(path);
      return await file.read(at, length);
    },
  };
}
