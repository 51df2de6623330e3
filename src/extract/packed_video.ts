/** A video of an archive: unpacked into a file while it is worked on, and no longer. */

import { rmSync } from "node:fs";
import { extname, join } from "node:path";
import { fileFault } from "../io/file_system.ts";
import { inPassingFolder, leavePassingFolder } from "../io/passing_folder.ts";
import { InputFile } from "../io/read_file.ts";
import { openZip } from "../io/zip_archive.ts";
import type { NamedVideo } from "./find_videos.ts";

/** The folder of a folder of features in which a video lies unpacked. */
const UNPACKED_FOLDER = ".unpacked";

/**
 * Calls `run` with the path of the video's file. Of an archive, the file lies in `folder` until
 * `run` ends; what a killed process has left of the same video is overwritten.
 *
 * @throws a fault: a damaged member, no room for it; what `run` throws
 */
export async function withVideoFile<T>(
  { id, path, packed }: NamedVideo,
  folder: string,
  run: (path: string) => Promise<T>,
): Promise<T> {
  if (packed === undefined) return await run(path);
  const place = join(folder, UNPACKED_FOLDER);
  const file = join(place, `${id}${extname(packed.member)}`);
  try {
    try {
      using archive = await InputFile.open(packed.archive);
      const zip = await openZip(archive);
      inPassingFolder(place, () => Deno.createSync(file).close());
      await zip.unpack(packed.member, file);
    } catch (error) {
      throw fileFault(error, `Cannot unpack "${path}"`);
    }
    return await run(file);
  } finally {
    rmSync(file, { force: true });
    leavePassingFolder(place);
  }
}
