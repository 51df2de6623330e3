/**
 * Features of single videos, kept by the content of the video and the recipe: a video that is
 * scored by several models is decoded once.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { type FeatureRecipe, recipeIdentity } from "../data/feature_recipe.ts";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { readText } from "../io/read_file.ts";
import { cacheFolder } from "../text/cache_folder.ts";
import type { VideoSource } from "../video/video_source.ts";
import { extractVideo } from "./extract_video.ts";
import { Claims } from "./claims.ts";
import type { ExtractOptions } from "./extracted_video.ts";
import type { Extractor } from "./extractor.ts";
import { PIECES_FOLDER, piecesIn, removePieces } from "./kept_pieces.ts";
import { npyPieces } from "./npy_pieces.ts";

const toldSchema = z.object({ frames: z.int(), damage: z.string().nullable() });

export interface CachedFeatures extends z.infer<typeof toldSchema> {
  /** A .npy file, [T, D] or [T, N, D]. */
  path: string;
}

/**
 * Where the features of a video by a recipe are kept, whether they are there or not.
 *
 * @param cache the folder that the tool keeps things in
 */
export async function cachePath(
  source: VideoSource,
  recipe: FeatureRecipe,
  cache = cacheFolder(),
): Promise<string> {
  const hash = createHash("sha256").update(recipeIdentity(recipe));
  for (const file of source.pictures?.files ?? [source.path]) {
    if (source.pictures) hash.update(basename(file));
    hash.update(await sha256OfFile(file));
  }
  return join(cache, "features", `${hash.digest("hex").slice(0, 32)}.npy`);
}

/** The features that are kept at a place; null where there are none, or their record is damaged. */
export async function keptFeatures(path: string): Promise<CachedFeatures | null> {
  const record = path.replace(/\.npy$/, ".json");
  if (!existsSync(path) || !existsSync(record)) return null;
  try {
    return { path, ...toldSchema.parse(JSON.parse(await readText(record))) };
  } catch (error) {
    // They are made anew, and the record with them.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/**
 * Extracts the features of a video and keeps them.
 *
 * @param options of: what features depend on beside video and recipe, such as the device
 * @throws a fault, as {@link extractVideo}; the cache folder cannot be written
 */
export async function extractAndKeep(
  source: VideoSource,
  extractor: Extractor,
  path: string,
  options: ExtractOptions & { of: string },
): Promise<CachedFeatures> {
  const folder = dirname(path), id = basename(path, ".npy");
  await mkdir(folder, { recursive: true });
  using claims = new Claims(folder);
  // Where another process makes the same, each makes its own.
  const own = [id, `${id}.${Deno.pid}`].find((name) => claims.take(name)) ?? id;
  await removeForsaken(folder, claims);
  const place = { folder, id: own, of: options.of };
  return await extractVideo(source, extractor, options, place, async (video) => {
    const { frames, damage } = video;
    const told = `${JSON.stringify({ frames, damage, video: source.path })}\n`;
    await writeWhole(path.replace(/\.npy$/, ".json"), told, { overwrite: true });
    await writeWhole(path, npyPieces(video), { overwrite: true });
    return { path, frames, damage };
  });
}

/**
 * Removes what killed processes left and nobody goes on with: files that they did not finish,
 * pieces beside those of another process, and pieces of features that are there.
 */
async function removeForsaken(folder: string, claims: Claims): Promise<void> {
  for (const each of [folder, join(folder, PIECES_FOLDER)]) await removeStaleTemporaries(each);
  for (const name of piecesIn(folder)) {
    const [id, beside] = name.split(".");
    if (beside === undefined && !existsSync(join(folder, `${id}.npy`))) continue;
    if (!claims.take(name)) continue; // whoever makes them has claimed them
    removePieces(folder, name);
    claims.release(name);
  }
}
