/**
 * One crop of a video instead of all. Official sets number crops in file names (`__5.npy`), and a
 * list may name only one of them, so a crop is known by its number, and found by its place in the
 * video's files or file.
 */

import { fault } from "../fault.ts";
import type { FeatureAxes } from "./feature_axes.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { cropOf } from "./video_id.ts";

/**
 * The numbers of a video's crops in the order in which they are read: of files by name, in a file
 * by place.
 */
export function cropNumbers(
  { files, crops: numbers }: VideoFiles,
  { crops }: FeatureAxes,
): number[] {
  if (numbers !== undefined) return numbers;
  // DeepMIL's crop 0 is a file without a number.
  if (files.length > 1 || crops === 1) return files.map((file) => cropOf(file) ?? 0);
  return Array.from({ length: crops }, (_, n) => n);
}

/** T of a video as it is read: of all its crops the fewest, or that of the one crop at a place. */
export function snippetsRead({ snippets, cropSnippets }: FeatureAxes, place?: number): number {
  return place === undefined ? snippets : cropSnippets?.[place] ?? snippets;
}

/**
 * The place of the crop that `data.test_crop` names.
 *
 * @throws {RangeError} a fault: the video has no such crop
 */
export function placeOfCrop(id: string, numbers: readonly number[], wanted: number): number {
  const place = numbers.indexOf(wanted);
  if (place >= 0) return place;
  throw fault(
    RangeError,
    `Cannot test crop ${wanted} of the video "${id}": found ${
      numbers.length === 1 ? `crop ${numbers[0]} alone` : `crops ${numbers.join(", ")}`
    }; set data.test_crop=${numbers[0]}, or null for all crops`,
  );
}
