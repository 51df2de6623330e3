/** The features of one video, from its file of any format or its files of one crop each. */

import { fault } from "../fault.ts";
import type { Range } from "../io/array_part.ts";
import type { FeatureReader } from "../io/features/feature_reader.ts";
import { openFeatures, openWhole } from "../io/features/open_features.ts";
import { axesOf, type Expected, type FeatureAxes, placesOf } from "./feature_axes.ts";
import {
  mostAtOnce,
  type OpenFeatures,
  type Pooling,
  poolLarge,
  poolLargeCrops,
} from "./pooled_reading.ts";
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
 * @throws as openFeatures, when a file is damaged
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
  const ofCrop: ReadOptions = { ...whole, layout: "per_crop" };
  const opened: OpenFeatures[] = [];
  const piece = options.pooling && mostAtOnce(options.pooling) / paths.length;
  for (const path of paths) opened.push(await openToRead(path, ofCrop, piece));
  const crops: FileFeatures[] = await poolLargeCrops(opened, options.pooling);
  if (crops.length > 0) return stackCrops(crops, paths);
  for (const one of opened) crops.push(await readWhole(one, ofCrop));
  return stackCrops(crops, paths);
}

/** Shapes of files whose headers were read. */
export type KnownShapes = Map<string, readonly number[]>;

/**
 * The sizes of a video's features, from the headers of its files alone.
 *
 * @param shapes gets those that are read, and saves reading those that it has
 * @throws as {@link readFeatures}, but for the values
 */
export async function inspectFeatures(
  paths: readonly string[],
  expected: Expected,
  shapes: KnownShapes = new Map(),
): Promise<FeatureAxes> {
  const layout = paths.length > 1 ? "per_crop" : expected.layout;
  const all: FeatureAxes[] = [];
  for (const path of paths) {
    const shape = shapes.get(path) ?? (await openFeatures(path)).shape;
    shapes.set(path, shape);
    all.push(axesOf(shape, path, { ...expected, layout }));
  }
  if (all.length === 1) return all[0];
  refuseOtherChannels(all, paths);
  const cropSnippets = all.map(({ snippets }) => snippets);
  return { ...all[0], crops: all.length, snippets: shortest(all), cropSnippets };
}

/** A look at a few snippets of a file. */
export interface Sample {
  shape: readonly number[];
  /** Rows from the middle of the file. */
  rows: Float32Array;
  /** Their mean L2 norm, without a magnitude channel. */
  norm: number;
}

/**
 * Reads some rows from the middle of a file, of several that lie together.
 *
 * @throws as {@link inspectFeatures}
 */
export async function sampleFeatures(
  path: string,
  expected: Expected,
  most = 16,
): Promise<Sample> {
  const file = await openFeatures(path);
  const { dim, magnitude } = axesOf(file.shape, path, expected);
  const width = magnitude ? dim + 1 : dim;
  const rows = await middleOf(file, most);
  let sum = 0;
  for (let row = 0; row < rows.length; row += width) {
    let squares = 0;
    for (let d = row; d < row + dim; d++) squares += rows[d] ** 2;
    sum += Math.sqrt(squares);
  }
  return { shape: file.shape, rows, norm: sum / (rows.length / width) };
}

/** Some rows from the middle of a file, of several that lie together. */
export async function middleOf(file: FeatureReader, rows: number): Promise<Float32Array> {
  const { shape } = file;
  const all = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const count = Math.min(rows, all);
  const first = Math.floor((all - count) / 2);
  const width = shape[shape.length - 1];
  if (!file.partsAlone) {
    return (await file.whole()).subarray(first * width, (first + count) * width);
  }
  const data = new Float32Array(count * width);
  for (let row = first, filled = 0; row < first + count;) {
    const ranges = shape.map((length): Range => [0, length]);
    // Runs of rows end where the axis before the channels does.
    const along = shape.length - 2;
    const place = row % shape[along];
    const run = Math.min(shape[along] - place, first + count - row);
    for (let axis = along - 1, rest = Math.floor(row / shape[along]); axis >= 0; axis--) {
      ranges[axis] = [rest % shape[axis], 1];
      rest = Math.floor(rest / shape[axis]);
    }
    ranges[along] = [place, run];
    data.set(await file.part(ranges), filled);
    filled += run * width;
    row += run;
  }
  return data;
}

/** Opens a file and tells its axes. */
export async function openWithAxes(path: string, expected: Expected): Promise<OpenFeatures> {
  const file = await openFeatures(path);
  return { file, axes: axesOf(file.shape, path, expected) };
}

/** As openWithAxes, for files that are read whole where they have at most so many bytes. */
async function openToRead(
  path: string,
  expected: Expected,
  most?: number,
): Promise<OpenFeatures> {
  const file = await openWhole(path, most);
  return { file, axes: axesOf(file.shape, path, expected) };
}

async function readOne(path: string, options: ReadOptions): Promise<FileFeatures> {
  const { crop, pooling } = options;
  const opened = crop === undefined
    ? await openToRead(path, options, pooling && mostAtOnce(pooling))
    : await openWithAxes(path, options);
  const pooled = pooling && await poolLarge(opened, crop, pooling);
  if (pooled) return pooled;
  if (crop !== undefined) return await readCrop(opened.file, opened.axes, options, crop);
  return await readWhole(opened, options);
}

async function readWhole(
  { file, axes }: OpenFeatures,
  options: ReadOptions,
): Promise<FileFeatures> {
  const values = await file.whole();
  checkFinite(values, file.shape, file.name);
  return inOrder(values, axes, options);
}

/** One crop of a file, and no other values. */
async function readCrop(
  file: FeatureReader,
  axes: FeatureAxes,
  options: ReadOptions,
  crop: number,
): Promise<FileFeatures> {
  const ranges = placesOf(file, axes, { crop });
  const values = await file.part(ranges);
  checkFinite(values, file.shape, file.name, ranges);
  return inOrder(values, { ...axes, crops: 1, snippetsFirst: false }, options);
}

/** The values as [N, T, D], with or without the magnitude channel of the file. */
export function inOrder(
  values: Float32Array,
  axes: FeatureAxes,
  options: Pick<ReadOptions, "keepMagnitude">,
): FileFeatures {
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
export function shortest(crops: readonly { snippets: number }[]): number {
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
