/**
 * Features of any format, by the first bytes of their file, and the members of archives by
 * `<archive>/<member>`: an archive is looked into as if it were a folder.
 */

import { existsSync, statSync } from "node:fs";
import { fault } from "../../fault.ts";
import { foreignKind, kindBytes } from "../foreign_kinds.ts";
import { entryAt, InputFile, readBytes } from "../read_file.ts";
import type { FeatureArchive, FeatureReader } from "./feature_reader.ts";
import { openH5Features } from "./h5_features.ts";
import { openMatFeatures } from "./mat_features.ts";
import { npyFeaturesOf, openNpyFeatures } from "./npy_features.ts";
import { openTextFeatures } from "./text_features.ts";
import { openZipFeatures } from "./zip_features.ts";

/** Endings of the files that hold features, a group a format; in folders the first found counts. */
export const FEATURE_ENDINGS = [
  ".npy",
  ".npz",
  ".mat",
  ".txt",
  ".h5",
  ".hdf5",
  ".zip",
] as const;
/** Of those, the ones that may hold many videos. */
const ARCHIVE = /\.(npz|h5|hdf5|zip)$/i;

/** The first byte of a `.npy` file, and of no other that is read. */
const NPY_BYTE = 0x93;
/** Directories that are kept: the splits of a data set, and of the one compared with it. */
const MOST_ARCHIVES = 8;
const archives = new Map<string, { stamp: string; archive: Promise<FeatureArchive> }>();

/**
 * Opens the features of a video: its file, or a member of an archive.
 *
 * @throws {SyntaxError | TypeError | RangeError | Error} a fault: of another kind, damaged, not
 *     readable, or an archive of several videos
 */
export async function openFeatures(path: string): Promise<FeatureReader> {
  const place = placeInArchive(path);
  if (place !== null && place.member !== "") {
    const archive = await openArchive(place.archive);
    if (archive.has(place.member)) return await archive.open(place.member);
    throw fault(Error, `Cannot read "${path}": the archive has no such member`);
  }
  const { size, head, text } = await beginningOf(path);
  if (text.startsWith("PK") && !/a PyTorch file/.test(foreignKind(head, "array") ?? "")) {
    return await onlyOne(path);
  }
  if (isH5(text)) return await onlyOne(path);
  if (text.startsWith("MATLAB 5.0 MAT-file")) return await openMatFeatures(path);
  if (foreignKind(head, "array")?.startsWith("it is a text of numbers")) {
    return await openTextFeatures(path);
  }
  return await openNpyFeatures({ name: path, path, offset: 0, size });
}

/**
 * Opens features that will be read whole: a `.npy` file of its own, if it is no larger than `most`
 * bytes, comes by one call to the system, which goes on while our thread computes.
 *
 * @throws as {@link openFeatures}
 */
export async function openWhole(path: string, most = Infinity): Promise<FeatureReader> {
  const alone = /\.npy$/i.test(path) && placeInArchive(path) === null;
  const size = alone ? entryAt(path)?.size ?? 0 : 0;
  if (!alone || size > most) return await openFeatures(path);
  const bytes = await readBytes(path);
  return bytes[0] === NPY_BYTE ? npyFeaturesOf(bytes, path) : await openFeatures(path);
}

/** The directory of an archive, read once as long as the file stays the same. */
export async function openArchive(path: string): Promise<FeatureArchive> {
  const { mtimeMs, size } = statSync(path);
  const stamp = `${mtimeMs} ${size}`;
  const kept = archives.get(path);
  if (kept?.stamp === stamp) return await kept.archive;
  const archive = beginningOf(path).then(({ text }) => {
    return isH5(text) ? openH5Features(path) : openZipFeatures(path);
  });
  archives.delete(path);
  archives.set(path, { stamp, archive });
  if (archives.size > MOST_ARCHIVES) archives.delete(archives.keys().next().value!);
  try {
    return await archive;
  } catch (error) {
    archives.delete(path);
    throw error;
  }
}

/** HDF5, or MATLAB 7.3, which is HDF5 behind a header of its own. */
function isH5(text: string): boolean {
  return text.startsWith("\u2030HDF\r\n\x1a\n") || text.startsWith("MATLAB 7.3");
}

/**
 * The archive in which a path lies, and the rest of the path ("" of the archive itself); null where
 * it is a file or folder of its own, or nothing.
 */
export function placeInArchive(path: string): { archive: string; member: string } | null {
  const parts = path.split("/");
  for (let end = parts.length; end > 0; end--) {
    if (!ARCHIVE.test(parts[end - 1])) continue;
    const archive = parts.slice(0, end).join("/");
    if (existsSync(archive) && statSync(archive).isFile()) {
      return { archive, member: parts.slice(end).join("/").replace(/\/+$/, "") };
    }
  }
  return null;
}

/** Whether a path is an archive or a folder in one, and so stands for a folder of features. */
export async function isArchiveFolder(path: string): Promise<boolean> {
  const place = placeInArchive(path);
  if (place === null || place.member === "") return place !== null;
  return !(await openArchive(place.archive)).has(place.member);
}

/** Whether a file may hold many videos, by its name. */
export function mayHoldMany(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * Paths of the features in an archive, or in a folder of it, sorted; that of the archive itself
 * where it is no zip and holds one array.
 *
 * @throws {SyntaxError} a fault: damaged, or two members of one name in different folders
 */
export async function listArchive(path: string, folder = ""): Promise<string[]> {
  const { names } = await openArchive(path);
  if (folder === "" && names.length === 1 && !/\.zip$/i.test(path)) return [path];
  const within = folder === "" ? names : names.filter((name) => name.startsWith(`${folder}/`));
  const byBase = new Map<string, string>();
  for (const name of within) {
    const base = name.slice(name.lastIndexOf("/") + 1);
    const other = byBase.get(base);
    if (other !== undefined) {
      throw fault(
        SyntaxError,
        `Cannot read "${path}": it holds both "${other}" and "${name}", and videos are known by the ` +
          `last part of their names; name the folder: "${path}/${
            other.slice(0, Math.max(0, other.lastIndexOf("/")))
          }"`,
      );
    }
    byBase.set(base, name);
  }
  return within.map((name) => `${path}/${name}`).sort();
}

/** Whether a file in a folder may hold features, by its name. */
export function mayHoldFeatures(name: string): boolean {
  return FEATURE_ENDINGS.some((ending) => name.toLowerCase().endsWith(ending));
}

/** Whether a file that ends in `.txt` holds numbers: lists and annotations end so as well. */
export async function isTextOfNumbers(path: string): Promise<boolean> {
  const { head } = await beginningOf(path);
  return foreignKind(head, "array")?.startsWith("it is a text of numbers") ?? false;
}

/** Bytes that the values take as they are stored. */
export function storedBytes({ shape, itemBytes }: FeatureReader): number {
  return shape.reduce((product, length) => product * length, itemBytes);
}

async function onlyOne(path: string): Promise<FeatureReader> {
  const archive = await openArchive(path);
  if (archive.names.length === 1) return await archive.open(archive.names[0]);
  throw fault(
    RangeError,
    archive.names.length === 0
      ? `Cannot read features "${path}": this archive holds no array of features`
      : `Cannot read features "${path}": this archive holds ${archive.names.length} arrays; name one, ` +
        `"${path}/${archive.names[0]}", or the archive where a folder of features is asked for`,
  );
}

async function beginningOf(path: string) {
  using file = await InputFile.open(path);
  const head = await file.read(0, Math.min(kindBytes, file.size));
  // windows-1252, as all programs read latin1 by now: the byte 0x89 is a per mille sign.
  return { size: file.size, head, text: new TextDecoder("latin1").decode(head) };
}
