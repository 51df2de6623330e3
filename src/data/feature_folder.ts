/** Which files below a folder are whose features. */

import { join } from "node:path";
import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import {
  FEATURE_ENDINGS,
  isTextOfNumbers,
  listArchive,
  mayHoldFeatures,
  mayHoldMany,
  placeInArchive,
} from "../io/features/open_features.ts";
import { foreignKind, kindBytes } from "../io/foreign_kinds.ts";
import { entriesIn } from "../io/list_folder.ts";
import { InputFile, linkFault } from "../io/read_file.ts";
import { type CropFile, numberAtEnd } from "./crop_sets.ts";
import type { Layout } from "./feature_axes.ts";
import type { StatedProvenance } from "./stated_provenance.ts";
import { cropOf, videoIdOf } from "./video_id.ts";

/** The files of one video: one, or one a crop in the order of the crops. */
export interface VideoFiles {
  id: string;
  files: string[];
  /** The numbers of its crops, where the names of the files are not of the usual form. */
  crops?: number[];
  /** Class name that a list or a manifest gives. */
  label?: string;
  /** Where its features come from, as far as a manifest says. */
  provenance?: StatedProvenance;
  /** Of its first file, as a manifest has it. */
  sample_sha256?: string;
}

/**
 * The feature files below a folder, in its folders too, sorted by path; links are followed. They
 * are of one format, the first of {@link FEATURE_ENDINGS} that is there: archives beside what was
 * unpacked from them are left alone. An archive counts as the folder that it was made from, and may
 * be given in place of one.
 *
 * @throws {Error} a fault: no such folder, it may not be read, or a link in it leads nowhere
 */
export async function listFeatureFiles(folder: string): Promise<string[]> {
  const place = placeInArchive(folder);
  if (place !== null) return await listArchive(place.archive, place.member);
  const all: string[] = [];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const real = await Deno.realPath(path);
    if (seen.has(real)) return; // a link that leads back up
    seen.add(real);
    for await (const entry of Deno.readDir(path)) {
      if (entry.name.startsWith(".")) continue;
      const below = join(path, entry.name);
      const kind = entry.isSymlink ? await linked(below) : entry;
      if (kind.isDirectory) await visit(below);
      else if (kind.isFile && mayHoldFeatures(entry.name)) all.push(below);
    }
  };
  try {
    await visit(folder);
  } catch (error) {
    throw fileFault(error, `Cannot look for features in "${folder}"`);
  }
  for (const ending of FEATURE_ENDINGS) {
    const files: string[] = [];
    for (const file of all.filter((path) => path.toLowerCase().endsWith(ending)).sort()) {
      if (mayHoldMany(file)) {
        for (const member of await listArchive(file)) files.push(member);
      } else if (ending !== ".txt" || await isTextOfNumbers(file)) files.push(file);
    }
    if (files.length > 0) return files;
  }
  return [];
}

/**
 * What lies in a folder without features, for messages: how many files, and of which kind the first
 * is. Of an archive, what lies in it is not told.
 */
export async function otherFiles(folder: string): Promise<string> {
  if (placeInArchive(folder) !== null) return "found none in this archive";
  const names = entriesIn(folder, `Cannot look for features in "${folder}"`)
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".")).map(({ name }) => name);
  if (names.length === 0) return "found none";
  const first = join(folder, names[0]);
  using file = await InputFile.open(first);
  const kind = foreignKind(await file.read(0, Math.min(kindBytes, file.size)), "array");
  const others = `${names.length} other ${names.length === 1 ? "file" : "files"}`;
  return `found ${others}, "${first}" among them${kind === null ? "" : `: ${kind}`}`;
}

/** What a link leads to. */
async function linked(path: string): Promise<Deno.FileInfo> {
  const attempted = `Cannot read "${path}"`;
  try {
    return await Deno.stat(path);
  } catch (error) {
    throw linkFault(path, attempted) ?? fileFault(error, attempted);
  }
}

/**
 * Gathers files into videos by their names, in order of first appearance.
 *
 * @param remedy what to do about a video of several files: the setting for files of one crop each
 * @param numbered files that are crops by another form of name
 * @throws {RangeError} a fault: two files are the same video, or the same crop of it
 */
export function groupByVideo(
  files: readonly string[],
  layout: Layout | undefined,
  remedy: string,
  numbered: ReadonlyMap<string, CropFile> = new Map(),
): VideoFiles[] {
  const videos = new Map<string, VideoFiles>();
  for (const file of files) {
    const id = numbered.get(file)?.id ?? videoIdOf(file);
    const video = videos.get(id);
    if (video === undefined) {
      videos.set(id, { id, files: [file] });
      continue;
    }
    if (layout !== "per_crop" && !numbered.has(file)) {
      const pair = [file, video.files[0]];
      const crops = pair.some((path) => cropOf(path) !== null);
      throw fault(
        RangeError,
        `Cannot tell which file is the video "${id}": found "${video.files[0]}" and "${file}"; ${
          crops
            ? `if they are crops of it, ${remedy}`
            : endInNumbers(pair)
            ? "if they are crops of it, set data.numbered_files=crops"
            : "remove one, or name the folder of one split"
        }`,
      );
    }
    video.files.push(file);
  }
  for (const video of videos.values()) {
    if (layout === "per_crop" || numbered.has(video.files[0])) sortCrops(video, numbered);
  }
  return [...videos.values()];
}

/** Whether all end in numbers that may be those of crops. */
function endInNumbers(files: readonly string[]): boolean {
  return files.every((file) => numberAtEnd(file) !== null);
}

/** By crop number; a name without one is crop 0, as in DeepMIL's set. */
function sortCrops(video: VideoFiles, numbered: ReadonlyMap<string, CropFile>): void {
  const crops = video.files.map((file) => ({
    file,
    crop: numbered.get(file)?.crop ?? cropOf(file) ?? 0,
  }));
  crops.sort((a, b) => a.crop - b.crop);
  const twice = crops.findIndex(({ crop }, i) => i > 0 && crops[i - 1].crop === crop);
  if (twice > 0) {
    const { file, crop } = crops[twice];
    throw fault(
      RangeError,
      `Cannot tell which file is crop ${crop} of the video "${video.id}": found "${
        crops[twice - 1].file
      }" and "${file}"; ${
        endInNumbers(video.files)
          ? "if the numbers at their ends are those of crops, set data.numbered_files=crops"
          : "remove one, or name the folder of one split"
      }`,
    );
  }
  video.files = crops.map(({ file }) => file);
  if (numbered.has(video.files[0])) video.crops = crops.map(({ crop }) => crop);
}
