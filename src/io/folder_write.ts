/** Folders appear with all of their files or not at all, as files do by `writeWhole`. */

import { dirname, join, resolve } from "node:path";
import { fault } from "../fault.ts";
import { Temporary, writeWhole } from "./atomic_write.ts";
import { fileFault, realFileSystem } from "./file_system.ts";

/**
 * Writes the files, by name, into a new folder, which gets its own name when all are there. One
 * that is empty may be there already; the folders above are made.
 *
 * @param overwrite whether a folder with files may be replaced, all of it
 * @throws {Error} a fault: it is there and holds files, or writing fails; what was there is
 *     unchanged
 */
export async function writeFolder(
  folder: string,
  files: Iterable<readonly [name: string, content: Uint8Array | string]>,
  overwrite: boolean,
): Promise<void> {
  const attempted = `Cannot write the folder "${folder}"`;
  const place = resolve(folder);
  using temporary = new Temporary(place);
  const { path: partial } = temporary;
  await refuseFull(folder, overwrite, attempted);
  try {
    await Deno.mkdir(partial, { recursive: true });
    for (const [name, content] of files) {
      await writeWhole(join(partial, name), content, { overwrite: false });
    }
    await refuseFull(folder, overwrite, attempted); // another process may have finished first
    const before = await realFileSystem.kind(place) === null
      ? null
      : partial.replace(/partial$/, "before");
    if (before !== null) await Deno.rename(place, before);
    try {
      await Deno.rename(partial, place);
    } catch (error) {
      if (before !== null) await Deno.rename(before, place);
      throw error;
    }
    if (before !== null) await Deno.remove(before, { recursive: true });
    await realFileSystem.syncFolder(dirname(place));
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {}); // the first refusal is told
    throw fileFault(error, attempted);
  }
}

async function refuseFull(folder: string, overwrite: boolean, attempted: string): Promise<void> {
  const kind = await realFileSystem.kind(folder);
  if (kind === null) return;
  if (kind !== "folder") throw fault(Error, `${attempted}: it is a file; choose another path`);
  if (overwrite || (await realFileSystem.list(folder)).length === 0) return;
  throw fault(
    Error,
    `${attempted}: it is there and holds files; choose another name, or give --overwrite`,
  );
}
