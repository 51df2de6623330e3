/** Archives of stored members, written as they come: one member lies in memory at a time. */

import { Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { writeWhole } from "./atomic_write.ts";

/**
 * Writes the members, in order, whole or not at all. They are stored, so that readers take parts of
 * them alone; the same members give the same bytes.
 *
 * @throws as `writeWhole`, and what the members throw
 */
export async function writeZip(
  path: string,
  members: AsyncIterable<readonly [name: string, bytes: Uint8Array]>,
  overwrite: boolean,
): Promise<void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const zip = new ZipWriter(writable, {
    level: 0,
    extendedTimestamp: false,
    lastModDate: new Date(1980, 0, 1),
    useWebWorkers: false,
  });
  let failure: { error: unknown } | null = null;
  const filled = (async () => {
    for await (const [name, bytes] of members) await zip.add(name, new Uint8ArrayReader(bytes));
    await zip.close();
  })().catch(async (error) => {
    failure ??= { error };
    await writable.abort(error).catch(() => {});
  });
  try {
    await writeWhole(path, readable, { overwrite });
    await filled;
  } catch (error) {
    failure ??= { error };
    await readable.cancel().catch(() => {});
    await filled;
  }
  // Of a member that could not be made, and the archive that was not written then, the first.
  if (failure !== null) throw (failure as { error: unknown }).error;
}
