/**
 * `wsvad data prepare`: features in the form that a training reads fastest, and dumps sorted into
 * splits by lists.
 */

import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { dataRoot, isThere, locate } from "../data/data_paths.ts";
import { listFeatureFiles, type VideoFiles } from "../data/feature_folder.ts";
import { isManifest } from "../data/manifest.ts";
import { filesAsTheyAre, type PreparedFile, rewrittenFiles } from "../data/prepared_files.ts";
import { findSplit, type Split } from "../data/split_files.ts";
import { readProvenance } from "../data/stated_provenance.ts";
import { videoIdOf } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { isArchiveFolder } from "../io/features/open_features.ts";
import { fileFault, makeFolder } from "../io/file_system.ts";
import { writeZip } from "../io/zip_write.ts";
import type { Progress } from "../progress.ts";

export interface PrepareRequest {
  out: string;
  /** Segments that training videos are pooled to; null: full length. */
  segments: number | null;
  float16: boolean;
  /** A file a crop. */
  perCrop: boolean;
  /** An archive a split in place of a folder. */
  zip: boolean;
  /** Files as they are, sorted into splits: links to them, or copies. */
  sort: "link" | "copy" | null;
  overwrite: boolean;
  progress: Progress;
}

export interface PrepareResult {
  out: string;
  files: Record<Split, number>;
  /** Files that were there from an earlier run. */
  skipped: number;
  /** Files below data.root that belong to neither split; null where features are written anew. */
  strays: number | null;
  /** What a run on the result needs. */
  settings: string[];
}

/**
 * Writes one video after the other. What an earlier run wrote into folders is left as it is, unless
 * `overwrite` says otherwise; an archive appears whole or not at all.
 *
 * @throws {Error | RangeError | TypeError} a fault: no videos, features that cannot be read, two
 *     files of one name, or values beyond float16
 */
export async function prepareData(
  data: DataConfig,
  request: PrepareRequest,
): Promise<PrepareResult> {
  const { out, zip, sort, overwrite, progress } = request;
  refuseContradictions(request);
  await refuseBelowRoot(data, out);
  const notes: string[] = [];
  const found: Record<Split, VideoFiles[]> = {
    train: await findSplit(data, "train", notes),
    test: await findSplit(data, "test", notes),
  };
  const all = found.train.length + found.test.length;
  if (all === 0) {
    throw fault(Error, "Cannot prepare features: no videos; set data.train or data.test");
  }
  for (const note of notes) progress.note(note);
  const below = sort === null ? [] : await listFeatureFiles(dataRoot(data));
  if (sort !== null) addCropsBeside([...found.train, ...found.test], below);
  progress.start(all, 0, "video");
  await makeFolder(out);
  const result: PrepareResult = {
    ...{ out, files: { train: 0, test: 0 }, skipped: 0, strays: null },
    settings: settingsOf(data, found, request),
  };
  let done = 0;
  for (const split of ["train", "test"] as const) {
    const videos = found[split];
    if (videos.length === 0) continue;
    const files = sort === null
      ? await rewrittenFiles(data, split, videos, request)
      : filesAsTheyAre(data, split, videos);
    refuseEqualNames(files);
    const made = ({ last }: PreparedFile) => {
      result.files[split]++;
      if (last) progress.step({ step: ++done });
    };
    if (zip) {
      await writeZip(join(out, `${split}.zip`), members(files, made), overwrite);
      continue;
    }
    for (const file of files) {
      const path = join(out, split, file.name);
      await makeFolder(dirname(path));
      if (existsAsIs(path) && !overwrite) {
        result.skipped++;
        continue;
      }
      if (sort === "link") await link(file.source, path);
      else await writeWhole(path, await file.bytes(), { overwrite });
      made(file);
    }
  }
  progress.stop();
  await keepProvenance(data, found, out);
  if (sort !== null) result.strays = countStrays(below, found);
  return result;
}

async function* members(files: readonly PreparedFile[], made: (file: PreparedFile) => void) {
  for (const file of files) {
    yield [file.name, await file.bytes()] as const;
    made(file);
  }
}

function refuseContradictions(
  { sort, zip, segments, float16, perCrop }: PrepareRequest,
): void {
  const rewrites = segments !== null || float16 || perCrop;
  const problem = sort !== null && rewrites
    ? `--${sort} leaves files as they are, --segments, --float16 and --per-crop do not; leave one side away`
    : sort === "link" && zip
    ? "an archive holds no links; give --copy with --zip"
    : sort === null && !rewrites && !zip
    ? "nothing is to be done; give --segments, --float16, --per-crop or --zip, or --link or --copy to sort files"
    : null;
  if (problem !== null) throw fault(RangeError, `Cannot prepare features: ${problem}`);
}

/** The rows of a list are looked for below the root, where they would then be twice. */
async function refuseBelowRoot(data: DataConfig, out: string): Promise<void> {
  const root = dataRoot(data);
  const below = relative(resolve(root), resolve(out));
  if (below.startsWith("..") || isAbsolute(below)) return;
  for (const split of ["train", "test"] as const) {
    const path = locate(data, split);
    if (path === null || isManifest(path)) continue;
    if (await isArchiveFolder(path) || (await Deno.stat(path)).isDirectory) continue;
    throw fault(
      RangeError,
      `Cannot prepare into "${out}": it lies below data.root=${root}, where the list data.${split}=${
        data[split]
      } would find every video twice; give an --out beside it`,
    );
  }
}

function refuseEqualNames(files: readonly PreparedFile[]): void {
  const sourceOf = new Map<string, string>();
  for (const { name, source } of files) {
    const other = sourceOf.get(name);
    if (other !== undefined) {
      throw fault(
        RangeError,
        `Cannot prepare "${source}": it would go to the same file as "${other}"; rename one`,
      );
    }
    sourceOf.set(name, source);
  }
}

/** A link counts even where it leads nowhere. */
function existsAsIs(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

async function link(source: string, path: string): Promise<void> {
  const from = await Deno.realPath(dirname(path));
  const target = relative(from, await Deno.realPath(source));
  try {
    if (existsAsIs(path)) await Deno.remove(path);
    await Deno.symlink(target, path);
  } catch (error) {
    throw fileFault(error, `Cannot link "${path}" to "${source}"`);
  }
}

/** What the features say of themselves goes with them. */
async function keepProvenance(
  data: DataConfig,
  found: Record<Split, VideoFiles[]>,
  out: string,
): Promise<void> {
  for (const split of ["train", "test"] as const) {
    const [first] = found[split];
    const stated = first === undefined
      ? null
      : first.provenance ?? await readProvenance(first.files[0], dataRoot(data));
    const folder = join(out, split);
    if (stated === null || !existsSync(folder)) continue;
    const { sha256: _, sample_sha256: __, ...kept } = stated; // of files that these are not
    const text = `${JSON.stringify(kept, null, 2)}\n`;
    await writeWhole(join(folder, "provenance.json"), text, { overwrite: true });
  }
}

/** A list may name one crop of a video; sorted are all that lie beside it. */
function addCropsBeside(videos: readonly VideoFiles[], below: readonly string[]): void {
  const beside = new Map<string, string[]>();
  const placeOf = (file: string) => `${dirname(resolve(file))}/${videoIdOf(file)}`;
  for (const file of below) {
    const place = placeOf(file);
    const others = beside.get(place);
    if (others === undefined) beside.set(place, [file]);
    else others.push(file);
  }
  for (const video of videos) {
    const own = new Set(video.files.map((file) => resolve(file)));
    const others = beside.get(placeOf(video.files[0])) ?? [];
    for (const file of others) if (!own.has(resolve(file))) video.files.push(file);
  }
}

function countStrays(below: readonly string[], found: Record<Split, VideoFiles[]>): number {
  const sorted = new Set([...found.train, ...found.test].flatMap(({ files }) => {
    return files.map((file) => resolve(file));
  }));
  return below.filter((file) => !sorted.has(resolve(file))).length;
}

/**
 * Of files that stay as they are, the layouts are those that were configured; ground truth lies
 * where it did.
 */
function settingsOf(
  data: DataConfig,
  found: Record<Split, VideoFiles[]>,
  { out, segments, perCrop, sort }: PrepareRequest,
): string[] {
  const layouts = (["train", "test"] as const).filter((split) => found[split].length > 0)
    .map((split) => {
      const written = perCrop
        ? "per_crop"
        : split === "train" && segments !== null
        ? "crops_first"
        : "snippets_first";
      return sort === null ? `data.layout_${split}=${written}` : "";
    });
  const present = (["train", "test"] as const).filter((split) => found[split].length > 0)
    .map((split) => `data.${split}=${split}`);
  const absent = (["train", "test"] as const).filter((split) => found[split].length === 0)
    .map((split) => `data.${split}=null`);
  const truths = (["annotations", "ground_truth", "ground_truth_list"] as const)
    .filter((key) => found.test.length > 0 && data[key] !== null && isThere(data, key))
    .map((key) => `data.${key}=${resolve(locate(data, key)!)}`);
  return [
    `data.root=${out}`,
    ...present,
    ...layouts.filter((text) => text !== ""),
    ...absent,
    ...truths,
  ];
}
