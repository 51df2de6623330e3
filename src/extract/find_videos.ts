/** Which videos a command line names: files, folders, lists, folders of pictures, zip archives. */

import { statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { RECIPE_FILE } from "../data/feature_recipe.ts";
import { fault, isFault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import { entriesIn } from "../io/list_folder.ts";
import { entryAt, InputFile, linkFault, NO_FILE, readText } from "../io/read_file.ts";
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
  /** Why it is not there, of a line of a list. */
  absent?: string;
}

export interface FindOptions {
  /** Files of sound alone are looked for too. */
  sounds?: boolean;
  /** Names are those of the folders with that of the video: `camera1_monday`; false: not asked. */
  folderNames?: boolean;
  /** Lines of a list that lead nowhere are kept with the reason, unless all do. */
  keepAbsent?: boolean;
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
  for (const path of paths) await gather(path, [nameOfFolder(dirname(path))], found, options);
  requireOwnNames(found, options);
  return found;
}

/** @throws {RangeError} a fault: files of two videos would be called alike */
function requireOwnNames(found: NamedVideo[], { folderNames }: FindOptions): void {
  const byId = Map.groupBy(found, ({ id }) => id);
  const clashes = [...byId.values()].filter((videos) => videos.length > 1);
  const advice = folderNames !== false
    ? "rename one, or give them different --out folders"
    : "rename one, give them different --out folders, or let --folder-names put the names of their folders before";
  if (clashes.length > 0) {
    const [[one, other]] = clashes;
    const more = clashes.length === 1 ? "" : ` (and ${clashes.length - 1} more names are doubled)`;
    throw fault(
      RangeError,
      `Cannot name the files of "${other.path}": those of "${one.path}" would have the same names${more}; ${advice}`,
    );
  }
  const [own] = byId.get(basename(RECIPE_FILE, ".json")) ?? [];
  if (own !== undefined) {
    throw fault(
      RangeError,
      `Cannot name the files of "${own.path}": "${RECIPE_FILE}" tells how all were made; rename the video`,
    );
  }
}

/** @param folders above it, for its name */
async function gather(
  path: string,
  folders: string[],
  found: NamedVideo[],
  options: FindOptions,
): Promise<void> {
  const attempted = `Cannot extract features of "${path}"`;
  let info: { isDirectory(): boolean; isFile(): boolean; size: number };
  try {
    info = statSync(path);
  } catch (error) {
    throw linkFault(path, attempted) ?? fileFault(error, attempted);
  }
  if (info.isDirectory()) {
    const before = found.length;
    visit(path, { above: folders, within: [nameOfFolder(path)] }, found, new Set(), options);
    if (found.length > before) return;
    throw fault(
      Error,
      `${attempted}: no video below this folder, and no folder of pictures; name the files, if their endings are unusual`,
    );
  }
  if (!info.isFile()) throw fault(Error, `${attempted}: ${NO_FILE}`);
  const ending = extname(path).toLowerCase();
  if (ending === ".zip") return await gatherPacked(path, found, options);
  if (ending !== ".txt") {
    found.push(named(path, folders, info.size, options));
    return;
  }
  await gatherListed(path, found, options);
}

async function gatherListed(
  list: string,
  found: NamedVideo[],
  options: FindOptions,
): Promise<void> {
  const lines = (await readText(list)).split(/\r?\n/).map((line) => line.trim());
  const videos = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (videos.length === 0) {
    throw fault(Error, `Cannot extract features of "${list}": the list names no video`);
  }
  const absent: { video: NamedVideo; error: unknown }[] = [];
  for (const line of videos) {
    const path = isAbsolute(line) ? line : join(dirname(list), line);
    const given = isAbsolute(line) ? [] : foldersOf(line);
    const folders = given.length > 0 ? given : [nameOfFolder(dirname(path))];
    try {
      await gather(path, folders, found, options);
    } catch (error) {
      if (!options.keepAbsent || !isFault(error) || entryAt(path) !== null) throw error;
      const video = { ...named(path, folders, 0, options), absent: error.message };
      absent.push({ video, error });
    }
  }
  if (absent.length === videos.length) throw absent[0].error; // of another folder, most likely
  for (const { video } of absent) found.push(video);
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
    const within = foldersOf(member);
    const folders = within.length > 0 ? within : [basename(archive, extname(archive))];
    found.push({
      ...named(join(archive, member), folders, zip.sizeOf(member), options),
      packed: { archive, member },
    });
  }
}

function isWanted(name: string, { sounds = false }: FindOptions): boolean {
  return isVideoName(name) || (sounds && isSoundName(name));
}

/** Folders of a path as it is written. */
function foldersOf(path: string): string[] {
  return dirname(path).split(/[\\/]/).filter((part) => !["", ".", ".."].includes(part));
}

function nameOfFolder(path: string): string {
  return basename(resolve(path));
}

/** Names of folders for the names of what is found. */
interface FolderNames {
  /** For the folder itself, where its pictures are a video. */
  above: string[];
  /** For what lies in it. */
  within: string[];
}

/** @param top whether it is the folder that was named: those in it are called by their own names */
function visit(
  folder: string,
  { above, within }: FolderNames,
  found: NamedVideo[],
  seen: Set<string>,
  options: FindOptions,
  top = true,
): void {
  const real = Deno.realPathSync(folder);
  if (seen.has(real)) return; // a link that leads back up
  seen.add(real);
  const names = entriesIn(folder, `Cannot look for videos in "${folder}"`)
    .map(({ name }) => name).filter((name) => !name.startsWith("."));
  if (!options.sounds && names.some(isPictureName)) {
    const pictures = names.filter(isPictureName).map((name) => join(folder, name));
    const bytes = pictures.reduce((sum, path) => sum + (entryAt(path)?.size ?? 0), 0);
    found.push(named(folder, above, bytes, options));
  }
  for (const name of names) {
    const path = join(folder, name);
    const info = entryAt(path);
    if (info?.isDirectory()) {
      const inner = { above: within, within: top ? [name] : [...within, name] };
      visit(path, inner, found, seen, options, false);
    } else if (info?.isFile() && isWanted(name, options)) {
      found.push(named(path, within, info.size, options));
    }
  }
}

function named(
  path: string,
  folders: string[],
  bytes: number,
  { folderNames = false }: FindOptions,
): NamedVideo {
  const name = basename(path);
  const stem = isVideoName(name) || isSoundName(name) ? name.slice(0, -extname(name).length) : name;
  return { id: folderNames ? [...folders, stem].join("_") : stem, path, bytes };
}
