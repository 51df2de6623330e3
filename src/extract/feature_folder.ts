/**
 * The folder that features are written into: `<id>.npy`, beside each `<id>.json` which says how it
 * was made, `recipe.json` for all of them, and `manifest.jsonl` with a line a video.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  type FeatureRecipe,
  parseRecipe,
  RECIPE_FILE,
  recipeDifference,
} from "../data/feature_recipe.ts";
import { fault, isFault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { entryAt, readText } from "../io/read_file.ts";
import type { ExtractedVideo } from "./extracted_video.ts";
import { npyPieces } from "./npy_pieces.ts";

const MANIFEST_FILE = "manifest.jsonl";

/** What is told of one video. */
const recordSchema = z.object({
  id: z.string(),
  path: z.string(),
  shape: z.array(z.int()),
  frames: z.int(),
  fps: z.number().nullable(),
  damage: z.string().nullable(),
});

export type VideoRecord = z.infer<typeof recordSchema>;

/** As it lies beside the array. */
const storedRecord = recordSchema.extend({ recipe: z.looseObject({}) });

/** A video without features, and why. */
export interface FailedVideo {
  id: string;
  path: string;
  reason: string;
}

/**
 * Checks that the folder holds no features of another recipe.
 *
 * @returns writes the recipe, once it is known that it can be carried out
 * @throws {Error} a fault: features of another recipe lie there
 */
export async function claimRecipe(
  folder: string,
  recipe: FeatureRecipe,
  overwrite: boolean,
): Promise<() => Promise<void>> {
  const path = join(folder, RECIPE_FILE);
  if (existsSync(path) && !overwrite) {
    const difference = recipeDifference(parseRecipe(await readText(path), `"${path}"`), recipe);
    if (difference === null) return () => Promise.resolve();
    throw fault(
      Error,
      `Cannot extract into "${folder}": its features were made otherwise (${difference}), and the two do not go together; give another --out, or --overwrite to replace them`,
    );
  }
  return () => writeWhole(path, `${JSON.stringify(recipe, null, 2)}\n`, { overwrite: true });
}

export interface FinishedOptions {
  /** An array without a record is to be replaced. */
  overwrite?: boolean;
  /** Features that were written before this time, in milliseconds since 1970, do not count. */
  since?: number;
}

/**
 * The record of a video whose features are there by this recipe; null where they are to be made.
 *
 * @throws {Error} a fault: an array without a record of ours, which somebody else wrote
 */
export async function finishedVideo(
  folder: string,
  id: string,
  recipe: FeatureRecipe,
  { overwrite = false, since = 0 }: FinishedOptions = {},
): Promise<VideoRecord | null> {
  const array = join(folder, `${id}.npy`), record = join(folder, `${id}.json`);
  const written = entryAt(array)?.mtimeMs;
  if (written === undefined || written < since) return null;
  const found = existsSync(record)
    ? storedRecord.safeParse(jsonOrNull(await readText(record)))
    : null;
  if (!found?.success) {
    if (overwrite) return null;
    throw fault(
      Error,
      `Cannot write "${array}": it exists, and no "${id}.json" says how it was made; give another --out, or --overwrite to replace it`,
    );
  }
  const { recipe: own, ...told } = found.data;
  const difference = recipeDifference(parseRecipe(JSON.stringify(own), `"${record}"`), recipe);
  return difference === null ? told : null;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no record of ours
  }
}

/** The record first: an array that is there has one, wherever the work was cut off. */
export async function writeFeatures(
  folder: string,
  record: VideoRecord,
  recipe: FeatureRecipe,
  video: ExtractedVideo,
): Promise<void> {
  const told = `${JSON.stringify({ ...record, recipe }, null, 2)}\n`;
  await writeWhole(join(folder, `${record.id}.json`), told, { overwrite: true });
  const pieces = npyPieces(video, recipe.dtype);
  await writeWhole(join(folder, `${record.id}.npy`), pieces, { overwrite: true });
}

/**
 * A line a video that has features: those given, in their order, then what else of the recipe lies
 * in the folder; and one for each that has none, with those of earlier calls that still have none.
 */
export async function writeManifest(
  folder: string,
  recipe: FeatureRecipe,
  records: VideoRecord[],
  failed: FailedVideo[],
): Promise<void> {
  const path = join(folder, MANIFEST_FILE);
  const given = new Set([...records, ...failed].map(({ id }) => id));
  const others = await recordsBeside(folder, recipe, given);
  const known = new Set([...given, ...others.map(({ id }) => id)]);
  const before = existsSync(path) ? failuresIn(await readText(path)) : [];
  const lines = [
    ...[...records, ...others].map((record) => ({
      ...{ ...record, features: `${record.id}.npy`, recipe },
    })),
    ...[...failed, ...before.filter(({ id }) => !known.has(id))]
      .map((video) => ({ ...video, features: null })),
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeWhole(path, text, { overwrite: true });
}

/** Videos of earlier calls, and of other processes, by name. */
async function recordsBeside(
  folder: string,
  recipe: FeatureRecipe,
  given: Set<string>,
): Promise<VideoRecord[]> {
  const ids = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".npy")).map((name) => name.slice(0, -".npy".length))
    .filter((id) => !given.has(id) && existsSync(join(folder, `${id}.json`)));
  const records: VideoRecord[] = [];
  for (const id of ids.sort()) {
    try {
      const record = await finishedVideo(folder, id, recipe);
      if (record !== null) records.push(record);
    } catch (error) {
      if (!isFault(error)) throw error; // else somebody else's files
    }
  }
  return records;
}

const failedSchema = z.strictObject({
  ...{ id: z.string(), path: z.string(), reason: z.string(), features: z.null() },
});

/** What a manifest tells of videos without features; other lines are made anew. */
function failuresIn(manifest: string): FailedVideo[] {
  return manifest.split("\n").flatMap((line) => {
    try {
      const { id, path, reason } = failedSchema.parse(JSON.parse(line));
      return [{ id, path, reason }];
    } catch {
      return [];
    }
  });
}
