/**
 * A large feature file that is pooled to segments is read piece by piece: a segment needs its own
 * rows alone, so that the features of an hour never lie in memory whole. Smaller files are read by
 * one call, which goes on while our thread computes, where each piece waits for that thread's next
 * turn.
 */

import { type NpyHeader, readNpyBlock, readNpyHeader, toFloat32 } from "../io/npy.ts";
import { npyItemBytes } from "../io/npy_header.ts";
import { axesOf, type Expected, type FeatureAxes } from "./feature_axes.ts";
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

/** Segments; a magnitude of the file is that of no segment, and left away. */
interface PooledFeatures extends VideoFeatures {
  magnitude: false;
}

interface Place extends Expected {
  crop?: number;
}

/**
 * The segments of a large file; null where it is small, has no more snippets than segments, or has
 * its numbers in Fortran order, scattered.
 *
 * @throws as readFeatures
 */
export async function poolLarge(
  path: string,
  place: Place,
  pooling: Pooling,
): Promise<PooledFeatures | null> {
  const { segments, pieceBytes = PIECE_BYTES } = pooling;
  if (sizeOf(path) <= pieceBytes) return null;
  const header = await readNpyHeader(path);
  const axes = axesOf(header.shape, path, place);
  if (header.fortranOrder || axes.snippets <= segments) return null;
  return await poolRows(path, header, axes, axes.snippets, place.crop, pooling);
}

/**
 * The segments of files of one crop each, which are cut to the shortest; none where all together
 * are small, or one has to be read whole.
 *
 * @throws as readFeatures
 */
export async function poolLargeCrops(
  paths: readonly string[],
  { pooling, ...place }: Place & { pooling?: Pooling },
): Promise<PooledFeatures[]> {
  const { segments, pieceBytes = PIECE_BYTES } = pooling ?? { segments: 0 };
  if (!pooling || paths.reduce((sum, path) => sum + sizeOf(path), 0) <= pieceBytes) return [];
  const headers: NpyHeader[] = [];
  for (const path of paths) headers.push(await readNpyHeader(path));
  const axes = headers.map(({ shape }, n) => axesOf(shape, paths[n], place));
  const length = axes.reduce((least, { snippets }) => Math.min(least, snippets), Infinity);
  if (length <= segments || headers.some(({ fortranOrder }) => fortranOrder)) return [];
  const crops: PooledFeatures[] = [];
  for (const [n, path] of paths.entries()) {
    crops.push(await poolRows(path, headers[n], axes[n], length, undefined, pooling));
  }
  return crops;
}

/**
 * @param length snippets of the video; what rows there are behind them is read and looked at, as in
 * other files
 */
async function poolRows(
  path: string,
  header: NpyHeader,
  { crops, snippets, dim, magnitude, snippetsFirst }: FeatureAxes,
  length: number,
  crop: number | undefined,
  { segments, reduce, pieceBytes = PIECE_BYTES }: Pooling,
): Promise<PooledFeatures> {
  const width = magnitude ? dim + 1 : dim;
  const pool = new SegmentPool(
    { crops: crop === undefined ? crops : 1, snippets: length, dim },
    segments,
    reduce,
  );
  const [from, to] = crop === undefined || snippetsFirst
    ? [0, crops * snippets]
    : [crop * snippets, (crop + 1) * snippets];
  const most = Math.max(1, Math.floor(pieceBytes / (npyItemBytes[header.dtype] * width)));
  for (let row = from; row < to; row += most) {
    const rows = Math.min(most, to - row), first = row * width;
    const data = await readNpyBlock(path, header, first, rows * width);
    const values = toFloat32({ shape: header.shape, dtype: header.dtype, data }, path, first);
    checkFinite(values, header.shape, path, first);
    for (let r = 0; r < rows; r++) {
      const n = snippetsFirst ? (row + r) % crops : Math.floor((row + r) / snippets);
      const t = snippetsFirst ? Math.floor((row + r) / crops) : (row + r) % snippets;
      if (t >= length || crop !== undefined && n !== crop) continue;
      pool.add(crop === undefined ? n : 0, t, values, r * width);
    }
  }
  return { ...pool.pooled, magnitude: false };
}

/** 0 where there is no file: reading it says what is wrong. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
