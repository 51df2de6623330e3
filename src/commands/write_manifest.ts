/** `wsvad data manifest`: what lies where, as records that stand for a list and its labels. */

import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { dataRoot, locate } from "../data/data_paths.ts";
import { axesOf } from "../data/feature_axes.ts";
import { sampleFeatures } from "../data/feature_file.ts";
import type { VideoFiles } from "../data/feature_folder.ts";
import { type FeatureRecipe, readRecipe } from "../data/feature_recipe.ts";
import { expectedOf, expectedSizes } from "../data/feature_sizes.ts";
import { readManifest } from "../data/manifest.ts";
import { hashOf } from "../data/provenance.ts";
import { findSplit, type Split } from "../data/split_files.ts";
import { readProvenance, type StatedProvenance } from "../data/stated_provenance.ts";
import { readTestTruths, type TestTruths } from "../data/test_ground_truth.ts";
import { classesOfVideo } from "../data/video_classes.ts";
import { cropOf } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { openFeatures, placeInArchive } from "../io/features/open_features.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { realFileSystem } from "../io/file_system.ts";
import { encodeParquet } from "../io/parquet.ts";
import type { Progress } from "../progress.ts";
import { dataSets } from "../sets/index.ts";

/** What the user says of the features, in place of what is found out. */
export type Said = Pick<
  StatedProvenance,
  "lineage" | "extractor" | "crop_order" | "grid" | "tuned_on"
>;

export interface ManifestRequest {
  /** Ends in `.jsonl` or `.parquet`. */
  out: string;
  said: Said;
  /** Whether files are read whole for their sums. */
  sums: boolean;
  overwrite: boolean;
  progress: Progress;
}

export interface ManifestResult {
  out: string;
  records: number;
  videos: { train: number; test: number };
}

/** A record of the catalog's form: a file, or one crop of a video. */
interface CatalogRecord {
  dataset: string;
  backbone: string;
  split: Split;
  video_id: string;
  label: "normal" | "abnormal";
  class: string;
  /** From the data's root, or absolute outside of it. */
  path: string;
  zip_member: string | null;
  crop: number | null;
  n_crops: number;
  shape: readonly number[];
  dtype: string | null;
  provenance: StatedProvenance;
}

interface Measured {
  record: CatalogRecord;
  /** Mean L2 norm of a few of its snippets. */
  norm: number;
}

/** Files whose beginnings are read at a time. */
const AT_ONCE = 16;

/**
 * Writes a record for each feature file of both splits, and reads the manifest back.
 *
 * @throws {Error | RangeError} a fault: the file exists, or features or names cannot be used
 */
export async function writeManifest(
  { data, eval: { frames_per_snippet: perSnippet } }: ResolvedConfig,
  request: ManifestRequest,
): Promise<ManifestResult> {
  const { out, overwrite, progress } = request;
  await refuseExisting(out, overwrite);
  const notes: string[] = [];
  const found = {
    train: await findSplit(data, "train", notes),
    test: await findSplit(data, "test", notes),
  };
  const all = found.train.length + found.test.length;
  if (all === 0) {
    throw fault(Error, "Cannot write a manifest: no videos; set data.train or data.test");
  }
  for (const note of notes) progress.note(note);
  progress.start(all, 0, "video");
  const truths = data.test === null ? null : await readTestTruths(data, perSnippet, () => {
    return Promise.resolve(new Map());
  });
  const records: CatalogRecord[] = [];
  let done = 0;
  for (const split of ["train", "test"] as const) {
    const videos = found[split];
    if (videos.length === 0) continue;
    const known = await knownOf(data, split, videos, request.said);
    const ofSplit: Measured[] = [];
    for (let first = 0; first < videos.length; first += AT_ONCE) {
      const some = videos.slice(first, first + AT_ONCE);
      const made = await Promise.all(some.map((video) => {
        return recordsOf(data, split, video, known, truths, request.sums);
      }));
      for (const record of made.flat()) ofSplit.push(record);
      done += some.length;
      progress.step({ step: done });
    }
    const norm = ofSplit.reduce((sum, one) => sum + one.norm, 0) / ofSplit.length;
    const grid = split === "test" ? gridOf(ofSplit, truths, perSnippet) : undefined;
    for (const { record } of ofSplit) {
      record.provenance.scale ??= Number(norm.toPrecision(3));
      if (grid !== undefined) record.provenance.grid ??= grid;
      records.push(record);
    }
  }
  progress.stop();
  await writeWhole(out, await contentOf(out, records), { overwrite });
  const read = await readManifest(out);
  if (read.length !== records.length) {
    throw new Error(`"${out}" has ${read.length} records, ${records.length} were written`);
  }
  const videos = { train: found.train.length, test: found.test.length };
  return { out, records: records.length, videos };
}

async function refuseExisting(out: string, overwrite: boolean): Promise<void> {
  if (!/\.(jsonl|parquet)$/.test(out)) {
    throw fault(
      RangeError,
      `Cannot write the manifest "${out}": its name must end in .jsonl or .parquet`,
    );
  }
  if (overwrite || await realFileSystem.kind(out) === null) return;
  throw fault(
    Error,
    `Cannot write the manifest "${out}": it exists; choose another name, or give --overwrite`,
  );
}

/** What is known of all files of a split. */
async function knownOf(
  data: DataConfig,
  split: Split,
  videos: readonly VideoFiles[],
  said: Said,
): Promise<{ backbone: string; provenance: StatedProvenance }> {
  const stated = await readProvenance(videos[0].files[0], dataRoot(data));
  const place = locate(data, split)!;
  const recipe = await readRecipe(await isFolder(place) ? place : dirname(place));
  const provenance = { ...fromRecipe(recipe), ...stated, ...defined(said) };
  return { backbone: recipe?.backbone ?? data.features, provenance };
}

async function isFolder(path: string): Promise<boolean> {
  return await realFileSystem.kind(path) === "folder";
}

function fromRecipe(recipe: FeatureRecipe | null): StatedProvenance {
  if (recipe === null) return {};
  return {
    lineage: recipe.lineage,
    extractor: recipe.backbone,
    crop_order: recipe.crop_order.map(([mirrored, top, left]) => {
      return `${mirrored ? "mirrored " : ""}${top},${left}`;
    }).join("; "),
  };
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

async function recordsOf(
  data: DataConfig,
  split: Split,
  video: VideoFiles,
  known: { backbone: string; provenance: StatedProvenance },
  truths: TestTruths | null,
  sums: boolean,
): Promise<Measured[]> {
  const annotated = split === "test" ? truths?.of(video.id)?.className : undefined;
  const [classId] = classesOfVideo(data, split, video, annotated);
  const expected = expectedOf(data, split, expectedSizes(data, {}));
  if (video.files.length > 1) expected.layout = "per_crop";
  const root = resolve(dataRoot(data));
  const measured: Measured[] = [];
  for (const [place, file] of video.files.entries()) {
    const reader = await openFeatures(file);
    const sample = await sampleFeatures(file, expected);
    const { crops } = axesOf(reader.shape, file, expected);
    const archived = placeInArchive(file);
    const record: CatalogRecord = {
      dataset: data.classes,
      backbone: known.backbone,
      split,
      video_id: video.id,
      label: classId > 0 ? "abnormal" : "normal",
      class: dataSets[data.classes].classes[classId],
      path: fromRoot(root, archived?.archive ?? file),
      zip_member: archived?.member || null,
      crop: video.files.length > 1 ? video.crops?.[place] ?? cropOf(file) ?? place : cropOf(file),
      n_crops: crops,
      shape: reader.shape,
      dtype: reader.dtype ?? null,
      provenance: {
        ...known.provenance,
        ...video.provenance,
        sample_sha256: hashOf([sample]),
        ...(sums && archived === null ? { sha256: await sha256OfFile(file) } : {}),
      },
    };
    measured.push({ record, norm: sample.norm });
  }
  return measured;
}

function fromRoot(root: string, file: string): string {
  const below = relative(root, resolve(file));
  return below.startsWith("..") || isAbsolute(below) ? resolve(file) : join(below);
}

/** The rule of the grid, where all videos of known length follow one alone. */
function gridOf(
  measured: readonly Measured[],
  truths: TestTruths | null,
  perSnippet: number,
): "ceil" | "floor" | undefined {
  let known = 0, ceil = 0, floor = 0;
  for (const { record: { video_id: id, shape, n_crops: crops } } of measured) {
    const frames = truths?.of(id)?.videoFrames;
    if (frames === undefined) continue;
    const snippets = shape.slice(0, -1).reduce((a, b) => a * b, 1) / crops;
    known++;
    ceil += Number(snippets === Math.ceil(frames / perSnippet));
    floor += Number(snippets === Math.floor(frames / perSnippet));
  }
  if (known === 0 || ceil === floor) return undefined;
  return ceil === known ? "ceil" : floor === known ? "floor" : undefined;
}

async function contentOf(
  out: string,
  records: readonly CatalogRecord[],
): Promise<string | Uint8Array> {
  if (out.endsWith(".jsonl")) {
    return records.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
  const column = (name: keyof CatalogRecord, whole = false) => ({
    name,
    whole,
    values: records.map((record) => {
      const value = record[name];
      if (Array.isArray(value)) return value.join(",");
      return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
    }) as (string | number | null)[],
  });
  return await encodeParquet([
    column("dataset"),
    column("backbone"),
    column("split"),
    column("video_id"),
    column("label"),
    column("class"),
    column("path"),
    column("zip_member"),
    column("crop", true),
    column("n_crops", true),
    column("shape"),
    column("dtype"),
    column("provenance"),
  ]);
}
