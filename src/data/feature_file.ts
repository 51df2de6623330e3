/** The features of one video, from its `.npy` file or its files of one crop each. */

import { fault } from "../fault.ts";
import { decodeNpy, type NpyHeader, readNpyBlock, readNpyHeader, toFloat32 } from "../io/npy.ts";
import { readBytes, requireRoom } from "../io/read_file.ts";
import { axesOf, type Expected, type FeatureAxes } from "./feature_axes.ts";
import { type Pooling, poolLarge, poolLargeCrops } from "./pooled_reading.ts";
import { checkFinite } from "./finite_values.ts";
import type { VideoFeatures } from "./video.ts";

export type { Expected, FeatureAxes, Layout, Remedies } from "./feature_axes.ts";

export interface ReadOptions extends Expected {
  /** Whether a magnitude channel stays; `dim` is then D + 1. It is dropped when absent. */
  keepMagnitude?: boolean;
  /** The place of the one crop to read, alone; all crops when absent. */
  crop?: number;
  /** What more snippets are reduced to, by whoever reads: of a large file while it is read. */
  pooling?: Pooling;
}

/** Features as read, with or without the magnitude channel of their file. */
export interface FileFeatures extends VideoFeatures {
  /** Whether the last of the `dim` channels is the L2 norm of the others. */
  magnitude: boolean;
}

/**
 * Reads the features of one video as float32 [N, T, D]; float16 and float64 files are converted.
 *
 * Several paths are the crops of one video, in order, each [T, D]; they are cut to the shortest T.
 * The number of crops is checked only as far as it tells the axes apart: see {@link Expected}.
 *
 * @throws {TypeError | RangeError} a fault: axes, channels or snippets other than expected, or
 *   values that are not finite
 * @throws as decodeNpy, when a file is damaged
 */
export async function readFeatures(
  source: string | readonly string[],
  options: ReadOptions = {},
): Promise<FileFeatures> {
  const paths = typeof source === "string" ? [source] : source;
  if (paths.length === 0) throw new RangeError("Cannot read features: no file is given");
  if (paths.length === 1) return await readOne(paths[0], options);
  const { crop, ...whole } = options;
  if (crop !== undefined) return await readOne(paths[crop], { ...whole, layout: "per_crop" });
  const crops: FileFeatures[] = await poolLargeCrops(paths, { ...options, layout: "per_crop" });
  if (crops.length > 0) return stackCrops(crops, paths);
  for (const path of paths) crops.push(await readOne(path, { ...options, layout: "per_crop" }));
  return stackCrops(crops, paths);
}

/**
 * The sizes of a video's features, from the headers of its files alone.
 *
 * @throws as {@link readFeatures}, but for the values
 */
export async function inspectFeatures(
  paths: readonly string[],
  expected: Expected,
): Promise<FeatureAxes> {
  const layout = paths.length > 1 ? "per_crop" : expected.layout;
  const all: FeatureAxes[] = [];
  for (const path of paths) {
    all.push(axesOf((await readNpyHeader(path)).shape, path, { ...expected, layout }));
  }
  if (all.length === 1) return all[0];
  refuseOtherChannels(all, paths);
  const cropSnippets = all.map(({ snippets }) => snippets);
  return { ...all[0], crops: all.length, snippets: shortest(all), cropSnippets };
}

/**
 * Mean L2 norm of some rows from the middle of a file, reading only their bytes.
 *
 * @param expected as for {@link readFeatures}
 */
export async function sampleMeanNorm(
  path: string,
  expected: Expected,
  rows = 16,
): Promise<number> {
  const header: NpyHeader = await readNpyHeader(path);
  const { dim, magnitude } = axesOf(header.shape, path, expected);
  const width = magnitude ? dim + 1 : dim;
  const inFile = header.elements / width;
  const count = Math.min(rows, inFile);
  const first = Math.floor((inFile - count) / 2) * width;
  const data = await readNpyBlock(path, header, first, count * width);
  let sum = 0;
  for (let row = 0; row < count * width; row += width) {
    let squares = 0;
    for (let d = row; d < row + dim; d++) squares += Number(data[d]) ** 2;
    sum += Math.sqrt(squares);
  }
  return sum / count;
}

async function readOne(path: string, options: ReadOptions): Promise<FileFeatures> {
  const pooled = options.pooling && await poolLarge(path, options, options.pooling);
  if (pooled) return pooled;
  if (options.crop !== undefined) return await readCrop(path, options, options.crop);
  const array = decodeNpy(await readBytes(path), path);
  requireRoom(4 * array.data.length, `Cannot read features "${path}" as float32`);
  const axes = axesOf(array.shape, path, options);
  const values = toFloat32(array, path);
  checkFinite(values, array.shape, path);
  return inOrder(values, axes, options);
}

/** One crop of a file; where crops come first, no other bytes are read. */
async function readCrop(path: string, options: ReadOptions, crop: number): Promise<FileFeatures> {
  const header = await readNpyHeader(path);
  const axes = axesOf(header.shape, path, options);
  const all = axes.snippetsFirst && axes.crops > 1;
  const count = all ? header.elements : header.elements / axes.crops;
  const first = all ? 0 : crop * count;
  const data = await readNpyBlock(path, header, first, count);
  let values = toFloat32({ shape: header.shape, dtype: header.dtype, data }, path);
  checkFinite(values, header.shape, path, first);
  if (all) values = cropOfSnippets(values, axes, crop);
  return inOrder(values, { ...axes, crops: 1, snippetsFirst: false }, options);
}

/** Crop n of [T, N, D]: [T, D]. */
function cropOfSnippets(
  values: Float32Array,
  { crops, snippets }: FeatureAxes,
  n: number,
): Float32Array {
  const width = values.length / (crops * snippets);
  const one = new Float32Array(snippets * width);
  for (let t = 0; t < snippets; t++) {
    const from = (t * crops + n) * width;
    one.set(values.subarray(from, from + width), t * width);
  }
  return one;
}

/** The values as [N, T, D], with or without the magnitude channel of the file. */
function inOrder(values: Float32Array, axes: FeatureAxes, options: ReadOptions): FileFeatures {
  const { crops, snippets, dim, magnitude, snippetsFirst } = axes;
  const width = magnitude ? dim + 1 : dim; // channels in the file
  const kept = options.keepMagnitude ? width : dim;
  const features = {
    crops,
    snippets,
    dim: kept,
    length: snippets,
    magnitude: kept > dim,
  };
  if (kept === width && (!snippetsFirst || crops === 1)) return { ...features, values };
  const ordered = new Float32Array(crops * snippets * kept);
  for (let n = 0, to = 0; n < crops; n++) {
    for (let t = 0; t < snippets; t++, to += kept) {
      const row = (snippetsFirst ? t * crops + n : n * snippets + t) * width;
      ordered.set(values.subarray(row, row + kept), to);
    }
  }
  return { ...features, values: ordered };
}

/** Crops of one video are cut to the shortest. */
function shortest(crops: readonly { snippets: number }[]): number {
  return crops.reduce((least, { snippets }) => Math.min(least, snippets), Infinity);
}

function refuseOtherChannels(crops: readonly { dim: number }[], paths: readonly string[]): void {
  const { dim } = crops[0];
  const other = crops.findIndex((crop) => crop.dim !== dim);
  if (other >= 0) {
    throw fault(
      RangeError,
      `Cannot read features "${paths[other]}": it has ${
        crops[other].dim
      } channels a snippet, the first crop "${paths[0]}" has ${dim}; extract both the same way`,
    );
  }
}

function stackCrops(crops: FileFeatures[], paths: readonly string[]): FileFeatures {
  const { dim, magnitude } = crops[0];
  refuseOtherChannels(crops, paths);
  const snippets = shortest(crops);
  const values = new Float32Array(crops.length * snippets * dim);
  crops.forEach((crop, n) => {
    values.set(crop.values.subarray(0, snippets * dim), n * snippets * dim);
  });
  return { crops: crops.length, snippets, dim, values, length: snippets, magnitude };
}
