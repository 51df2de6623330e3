/**
 * A large feature file that is pooled to segments is read piece by piece: a segment needs its own
 * rows alone, so that the features of an hour never lie in memory whole. Smaller files are read by
 * one call, which goes on while our thread computes, where each piece waits for that thread's next
 * turn.
 */

import type { FeatureReader } from "../io/features/feature_reader.ts";
import { storedBytes } from "../io/features/open_features.ts";
import { type FeatureAxes, placesOf } from "./feature_axes.ts";
import { checkFinite } from "./finite_values.ts";
import { type Reduction, SegmentPool } from "./segments.ts";
import type { VideoFeatures } from "./video.ts";

/** What features are reduced to where they have more snippets. */
export interface Pooling {
  segments: number;
  reduce: Reduction;
  /** Bytes of a piece, and of files that are read at once; {@link PIECE_BYTES} when absent. */
  pieceBytes?: number;
}

/** Ten crops of 2048 channels for seven minutes. */
export const PIECE_BYTES = 6.4e7;

/** Bytes of files that are read at once. */
export function mostAtOnce({ pieceBytes = PIECE_BYTES }: Pooling): number {
  return pieceBytes;
}

/** Segments; a magnitude of the file is that of no segment, and left away. */
interface PooledFeatures extends VideoFeatures {
  magnitude: false;
}

/** A feature file and what its axes are. */
export interface OpenFeatures {
  file: FeatureReader;
  axes: FeatureAxes;
}

/**
 * The segments of a large file; null where it is small, has no more snippets than segments, or
 * gives no part of it without the rest.
 *
 * @param crop the place of the only one wanted
 * @throws as readFeatures
 */
export async function poolLarge(
  open: OpenFeatures,
  crop: number | undefined,
  pooling: Pooling,
): Promise<PooledFeatures | null> {
  const { file, axes } = open;
  const { segments, pieceBytes = PIECE_BYTES } = pooling;
  if (storedBytes(file) <= pieceBytes || !file.partsAlone || axes.snippets <= segments) return null;
  return await poolRows(open, axes.snippets, crop, pooling);
}

/**
 * The segments of files of one crop each, which are cut to the shortest; none where all together
 * are small, or one has to be read whole.
 *
 * @throws as readFeatures
 */
export async function poolLargeCrops(
  all: readonly OpenFeatures[],
  pooling: Pooling | undefined,
): Promise<PooledFeatures[]> {
  const { segments, pieceBytes = PIECE_BYTES } = pooling ?? { segments: 0 };
  const bytes = all.reduce((sum, { file }) => sum + storedBytes(file), 0);
  if (!pooling || bytes <= pieceBytes) return [];
  const length = all.reduce((least, { axes }) => Math.min(least, axes.snippets), Infinity);
  if (length <= segments || all.some(({ file }) => !file.partsAlone)) return [];
  const crops: PooledFeatures[] = [];
  for (const open of all) crops.push(await poolRows(open, length, undefined, pooling));
  return crops;
}

/**
 * @param length snippets of the video; what rows there are behind them is read and looked at, as in
 * other files
 */
async function poolRows(
  { file, axes }: OpenFeatures,
  length: number,
  wanted: number | undefined,
  { segments, reduce, pieceBytes = PIECE_BYTES }: Pooling,
): Promise<PooledFeatures> {
  const { crops: stored, snippets, dim, magnitude, snippetsFirst } = axes;
  const width = magnitude ? dim + 1 : dim;
  const crops = wanted === undefined ? stored : 1;
  const pool = new SegmentPool({ crops, snippets: length, dim }, segments, reduce);
  // Crops that lie one after the other come one after the other.
  const passes = snippetsFirst ? [wanted] : Array.from({ length: crops }, (_, n) => wanted ?? n);
  const rowsOfSnippet = snippetsFirst ? crops : 1;
  // Crops that lie between those wanted may be read with them.
  const read = file.itemBytes * width * (snippetsFirst ? stored : 1);
  const most = Math.max(1, Math.floor(pieceBytes / read));
  for (const [pass, crop] of passes.entries()) {
    for (let from = 0; from < snippets; from += most) {
      const to = Math.min(snippets, from + most);
      const places = placesOf(file, axes, { crop, from, to });
      const values = await file.part(places);
      checkFinite(values, file.shape, file.name, places);
      for (let row = 0; row < (to - from) * rowsOfSnippet; row++) {
        const t = from + Math.floor(row / rowsOfSnippet);
        if (t < length) pool.add(pass + row % rowsOfSnippet, t, values, row * width);
      }
    }
  }
  return { ...pool.pooled, magnitude: false };
}
