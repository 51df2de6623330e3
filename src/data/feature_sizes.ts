/**
 * One number of channels and one of crops for a whole data set, from what is expected and what the
 * files hold.
 */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import type { Tell } from "../progress.ts";
import type { Expected, FeatureAxes, Remedies } from "./feature_axes.ts";
import { inspectFeatures, type KnownShapes } from "./feature_file.ts";
import type { VideoFiles } from "./feature_folder.ts";
import type { Split } from "./split_files.ts";

/** What the model was made for; null or absent: any. */
export interface FeatureNeed {
  dim?: number | null;
  crops?: number | null;
}

/** The sizes that the configuration and the model agree on, as far as they say any. */
export interface ExpectedSizes {
  dim?: number;
  crops?: number;
  /** The settings to change when files differ: `data.dim`, `runner.features.dim` or both. */
  keys: { dim: string[]; crops: string[] };
}

/** @throws {RangeError} a fault: configuration and model expect different sizes */
export function expectedSizes(config: DataConfig, need: FeatureNeed): ExpectedSizes {
  const one = (name: "dim" | "crops") => {
    const [own, wanted] = [config[name], need[name] ?? null];
    if (own !== null && wanted !== null && own !== wanted) {
      throw fault(
        RangeError,
        `Cannot use data with ${name}=${own} for a model with ${name}=${wanted}; set runner.features.${name}=${own}, or choose data with data.${name}=${wanted}`,
      );
    }
    return own ?? wanted ?? undefined;
  };
  const keys = (name: "dim" | "crops") => [
    ...(config[name] !== null ? [`data.${name}`] : []),
    ...(need[name] != null ? [`runner.features.${name}`] : []),
  ];
  return { dim: one("dim"), crops: one("crops"), keys: { dim: keys("dim"), crops: keys("crops") } };
}

/** How the files of a split are to be read. */
export function expectedOf(config: DataConfig, split: Split, sizes: ExpectedSizes): Expected {
  const set = (keys: string[], value: number) => keys.map((key) => `${key}=${value}`).join(" and ");
  const remedies: Remedies = {
    layout: (layout) => `set data.layout_${split}=${layout}`,
    dim: (found) =>
      sizes.keys.dim.length > 0
        ? `set ${set(sizes.keys.dim, found)}`
        : "extract this video as the others were",
  };
  return { layout: config[`layout_${split}`], dim: sizes.dim, crops: sizes.crops, remedies };
}

/** Files whose headers are read at a time. */
const atOnce = 16;

/**
 * The sizes of all videos of a split, by the headers of all their files.
 *
 * @param shapes as for `inspectFeatures`
 * @throws as `inspectFeatures`, for the first file that cannot be used
 */
export async function inspectSplit(
  videos: readonly VideoFiles[],
  expected: Expected,
  shapes?: KnownShapes,
  tell?: Tell,
): Promise<FeatureAxes[]> {
  const all: FeatureAxes[] = [];
  for (let first = 0; first < videos.length; first += atOnce) {
    const some = await Promise.allSettled(
      videos.slice(first, first + atOnce).map(({ files }) =>
        inspectFeatures(files, expected, shapes)
      ),
    );
    for (const result of some) {
      if (result.status === "rejected") throw result.reason;
      all.push(result.value);
    }
    tell?.("reading headers: video", all.length, videos.length);
  }
  return all;
}

/** A video with its sizes. */
export interface Inspected {
  video: VideoFiles;
  axes: FeatureAxes;
}

/**
 * Files of single crops of which a video loses most: all are cut to the shortest, and crops that
 * differ by more than a snippet are not of one video, or one is not whole.
 *
 * @returns a warning; null where there are none
 */
export function cropLengthWarning(all: readonly Inspected[]): string | null {
  const lengths = all.flatMap(({ video, axes: { cropSnippets } }) => {
    if (cropSnippets === undefined) return [];
    const least = cropSnippets.reduce((a, b) => Math.min(a, b));
    const most = cropSnippets.reduce((a, b) => Math.max(a, b));
    return most > least + 1
      ? [{ file: video.files[cropSnippets.indexOf(least)], least, most }]
      : [];
  });
  if (lengths.length === 0) return null;
  const { file, least, most } = lengths[0];
  return `crops of ${lengths.length} of ${all.length} videos differ in length and are cut to the shortest: "${file}" has ${least} snippets, another crop of it ${most}; extract it again if it is cut short`;
}

/**
 * The channels that all videos have. Where none are expected, files with D + 1 channels beside
 * others with D carry a magnitude channel, and their axes are corrected here.
 *
 * @throws {RangeError} a fault: files differ from each other
 */
export function commonDim(all: readonly Inspected[], sizes: ExpectedSizes): number {
  const dim = sizes.dim ?? all.reduce((least, { axes }) => Math.min(least, axes.dim), Infinity);
  for (const { axes } of all) {
    if (axes.dim !== dim + 1) continue;
    axes.dim = dim;
    axes.magnitude = true;
  }
  const odd = all.find(({ axes }) => axes.dim !== dim);
  if (odd === undefined) return dim;
  const least = all.find(({ axes }) => axes.dim === dim)!;
  throw fault(
    RangeError,
    `Cannot use features of different kinds together: "${
      odd.video.files[0]
    }" has ${odd.axes.dim} channels a snippet, "${
      least.video.files[0]
    }" has ${dim}; take both from one extractor`,
  );
}

/**
 * The crops that all these videos have.
 *
 * @throws {RangeError} a fault: files differ from each other, or from the expected number
 */
export function commonCrops(all: readonly Inspected[], sizes: ExpectedSizes): number {
  const crops = sizes.crops ?? all[0].axes.crops;
  const other = all.find(({ axes }) => axes.crops !== crops);
  if (other === undefined) return crops;
  const found = other.axes.crops;
  const agreed = all.every(({ axes }) => axes.crops === found);
  const transposed = all.some(({ axes }) => axes.snippets === Math.min(found, crops));
  throw fault(
    RangeError,
    sizes.crops === undefined
      ? `Cannot use features of different crops together: "${
        other.video.files[0]
      }" has ${found}, "${all[0].video.files[0]}" has ${crops}; take both from one extractor${
        transposed ? ", or correct data.layout_train or data.layout_test" : ""
      }`
      : `Cannot read features "${other.video.files[0]}": expected ${crops} crops, found ${found}; ${
        agreed
          ? `set ${sizes.keys.crops.map((key) => `${key}=${found}`).join(" and ")}`
          : "other files have as many as expected: extract this video again"
      }`,
  );
}
