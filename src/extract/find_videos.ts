/** Which videos a command line names: files, folders, lists, folders of pictures, zip archives. */

import { statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import { entryAt, InputFile, linkFault, readText } from "../io/read_file.ts";
import { openZip } from "../io/zip_archive.ts";
import { isPictureName, isSoundName, isVideoName } from "../video/video_source.ts";

/** A video, and what its files are called. */
export interface NamedVideo {
  id: string;
  /** Of a member of an archive: `<archive>/<member>`, for people. */
  path: string;
  bytes: number;
  /** Where it lies within a zip archive. */
  packed?: { archive: string; member: string };
}

export interface FindOptions {
  /** Files of sound alone are looked for too. */
  sounds?: boolean;
}

/**
 * The videos behind the paths: a file that is named, whatever its ending; of a folder all videos
 * below it, and its folders of pictures; of a list (.txt) those of its lines, paths from the list;
 * of a zip archive its members.
 *
 * @throws {Error} a fault: a path that leads nowhere, nothing found, two videos of one name, a
 *     damaged archive
 */
export async function findVideos(
  paths: readonly string[],
  options: FindOptions = {},
): Promise<NamedVideo[]> {
  const found: NamedVideo[] = [];
  for (const path of paths) await gather(path, found, options);
  const byId = new Map<string, string>();
  for (const { id, path } of found) {
    const other = byId.get(id);
    if (other !== undefined) {
      throw fault(
        RangeError,
        `Cannot extract "${path}": its features would go to the file of "${other}"; rename one, or give them different --out folders`,
      );
    }
    byId.set(id, path);
  }
  return found;
}

async function gather(path: string, found: NamedVideo[], options: FindOptions): Promise<void> {
  const attempted = `Cannot extract features of "${path}"`;
  let info: { isDirectory(): boolean; size: number };
  try {
    info = statSync(path);
  } catch (error) {
    throw linkFault(path, attempted) ?? fileFault(error, attempted);
  }
  if (info.isDirectory()) {
    const before = found.length;
    visit(path, found, new Set(), options);
    if (found.length > before) return;
    throw fault(
      Error,
      `${attempted}: no video below this folder, and no folder of pictures; name the files, if their endings are unusual`,
    );
  }
  const ending = extname(path).toLowerCase();
  if (ending === ".zip") return await gatherPacked(path, found, options);
  if (ending !== ".txt") {
    found.push(named(path, info.size));
    return;
  }
  const lines = (await readText(path)).split(/\r?\n/).map((line) => line.trim());
  const videos = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (videos.length === 0) throw fault(Error, `${attempted}: the list names no video`);
  for (const line of videos) {
    await gather(isAbsolute(line) ? line : join(dirname(path), line), found, options);
  }
}

/** Videos of an archive: its directory is read, and nothing unpacked. */
async function gatherPacked(
  archive: string,
  found: NamedVideo[],
  options: FindOptions,
): Promise<void> {
  using file = await InputFile.open(archive);
  const zip = await openZip(file);
  const members = zip.names.filter((name) => {
    const own = basename(name);
    return !own.startsWith(".") && !name.startsWith("__MACOSX/") && isWanted(own, options);
  });
  if (members.length === 0) {
    throw fault(
      Error,
      `Cannot extract features of "${archive}": none of its ${zip.names.length} members is a video by its ending; unpack it, if it holds pictures or unusual names`,
    );
  }
  for (const member of members) {
    found.push({
      ...named(join(archive, member), zip.sizeOf(member)),
      packed: { archive, member },
    });
  }
}

function isWanted(name: string, { sounds = false }: FindOptions): boolean {
  return isVideoName(name) || (sounds && isSoundName(name));
}

function visit(
  folder: string,
  found: NamedVideo[],
  seen: Set<string>,
  options: FindOptions,
): void {
  const real = Deno.realPathSync(folder);
  if (seen.has(real)) return; // a link that leads back up
  seen.add(real);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => !name.startsWith(".")).sort();
  if (!options.sounds && names.some(isPictureName)) {
    const pictures = names.filter(isPictureName).map((name) => join(folder, name));
    found.push(named(folder, pictures.reduce((sum, path) => sum + (entryAt(path)?.size ?? 0), 0)));
  }
  for (const name of names) {
    const path = join(folder, name);
    const info = entryAt(path);
    if (info?.isDirectory()) visit(path, found, seen, options);
    else if (info?.isFile() && isWanted(name, options)) found.push(named(path, info.size));
  }
}

function named(path: string, bytes: number): NamedVideo {
  const name = basename(path);
  const id = isVideoName(name) || isSoundName(name) ? name.slice(0, -extname(name).length) : name;
  return { id, path, bytes };
}
