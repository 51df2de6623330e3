/** Folders appear with all of their files or not at all, as files do by `writeWhole`. */

import { dirname, join, resolve } from "node:path";
import { fault } from "../fault.ts";
import { Temporary, writeWhole } from "./atomic_write.ts";
import { fileFault, realFileSystem } from "./file_system.ts";
import { entriesIn } from "./list_folder.ts";

/**
 * Writes the files, by name, into a new folder, which gets its own name when all are there. One
 * that is empty may be there already; the folders above are made.
 *
 * @param isOurs which files of a folder that is there are replaced, all of them; null: none are
 * @throws {Error} a fault: it is there and holds other files, or writing fails; what was there is
 *     unchanged
 */
export async function writeFolder(
  folder: string,
  files: Iterable<readonly [name: string, content: Uint8Array | string]>,
  isOurs: ((name: string) => boolean) | null,
): Promise<void> {
  const attempted = `Cannot write the folder "${folder}"`;
  const place = resolve(folder);
  using temporary = new Temporary(place);
  const { path: partial } = temporary;
  await refuseFull(place, isOurs, attempted);
  try {
    await Deno.mkdir(partial, { recursive: true });
    for (const [name, content] of files) {
      await writeWhole(join(partial, name), content, { overwrite: false });
    }
    await refuseFull(place, isOurs, attempted); // another process may have finished first
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
    if (before !== null) await Deno.remove(before, { recursive: isOurs !== null });
    await realFileSystem.syncFolder(dirname(place));
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {}); // the first refusal is told
    throw fileFault(error, attempted);
  }
}

async function refuseFull(
  folder: string,
  isOurs: ((name: string) => boolean) | null,
  attempted: string,
): Promise<void> {
  const kind = await realFileSystem.kind(folder);
  if (kind === null) return;
  if (kind !== "folder") throw fault(Error, `${attempted}: it is a file; choose another path`);
  const entries = entriesIn(folder, attempted);
  if (entries.length === 0) return;
  if (isOurs === null) {
    throw fault(
      Error,
      `${attempted}: it is there and holds files; choose another name, or give --overwrite`,
    );
  }
  const foreign = entries.find((entry) => entry.isDirectory() || !isOurs(entry.name));
  if (foreign === undefined) return;
  throw fault(
    Error,
    `${attempted}: "${foreign.name}" in it is nothing that is written there, and would be lost; ` +
      "choose another name, or move it away",
  );
}
