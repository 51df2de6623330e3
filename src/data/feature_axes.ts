/**
 * Which axis of a feature file is which. A [10, 32, 2048] training file and a [32, 10, 2048] test
 * file look alike, and a test video of ten snippets is [10, 10, 2048]: the order of the axes comes
 * from the configured layout, and is taken from the shape only where one reading alone is possible.
 */

import type { layouts } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import type { Range } from "../io/array_part.ts";

/** `crops_first` [N, T, D], `snippets_first` [T, N, D], `per_crop` one [T, D] file per crop. */
export type Layout = typeof layouts[number];

/** The sizes of one feature file. */
export interface FeatureAxes {
  crops: number;
  /** Of files of one crop each the fewest. */
  snippets: number;
  /** Snippets of each crop, where each is a file of its own. */
  cropSnippets?: number[];
  /** Channels without a magnitude channel. */
  dim: number;
  /** Whether each row ends with its L2 norm as one more channel. */
  magnitude: boolean;
  /** Whether rows lie as [T, N], and not as [N, T]. */
  snippetsFirst: boolean;
}

/** What is known of a file before it is opened. */
export interface Expected {
  /** Absent: as far as the shape tells, refused where it does not. */
  layout?: Layout;
  /** D; files may have D + 1 channels, the last being the magnitude. Absent: as the file has. */
  dim?: number;
  /** N, as the model or the configuration says; only used to tell the axes apart. */
  crops?: number;
  /** How messages say what to do; those of `wsvad score` when absent. */
  remedies?: Remedies;
}

/** The settings that mend a refused file, as a command the user can follow. */
export interface Remedies {
  layout(layout: Layout | "crops_first|snippets_first"): string;
  dim(found: number): string;
}

const scoreRemedies: Remedies = {
  layout: (layout) => `give --layout ${layout}`,
  dim: () => "give features of the kind that the model was trained on",
};

/** Where some snippets of a crop, or of all, lie in a file. */
export function placesOf(
  { shape }: { shape: readonly number[] },
  { crops, snippets, snippetsFirst }: FeatureAxes,
  { crop, from = 0, to = snippets }: { crop?: number; from?: number; to?: number },
): Range[] {
  const rows: Range = [from, to - from];
  const channels: Range = [0, shape[shape.length - 1]];
  const chosen: Range = crop === undefined ? [0, crops] : [crop, 1];
  if (shape.length === 2) return [crops > 1 ? chosen : rows, channels];
  // Files of one crop are [T, 1, D] or [1, T, D].
  return snippetsFirst || crops === 1 && shape[1] === 1
    ? [rows, chosen, channels]
    : [chosen, rows, channels];
}

/** Crops in use: one, XD-Violence's five, UCF-Crime's and ShanghaiTech's ten. */
const usualCrops = [1, 5, 10];

/**
 * Reads the axes off the shape of a file.
 *
 * @param name what messages call the file
 * @throws {TypeError} a fault: not two or three axes, the axes in another order than the layout
 *   says, or in an order that the shape does not tell and no layout is given
 * @throws {RangeError} a fault: another number of channels, or no snippet
 */
export function axesOf(shape: readonly number[], name: string, expected: Expected): FeatureAxes {
  const { layout, remedies = scoreRemedies } = expected;
  const refuse = (kind: ErrorConstructor, problem: string) =>
    fault(kind, `Cannot read features "${name}": ${problem}`);
  const found = `[${shape.join(", ")}]`;
  const wanted = `expected ${form(expected, shape.length)}, found ${found}`;
  if (shape.length !== 2 && shape.length !== 3) {
    const vector = shape.length === 1
      ? "; a file of one vector is no features (gt-ucf.npy holds ground truth): leave it out"
      : shape.length > 3 && shape.includes(1)
      ? "; take an axis of 1 away: numpy.save(path, array.squeeze())"
      : "";
    throw refuse(
      TypeError,
      `${wanted}: a feature file has three axes, or two ([T, D], one crop)${vector}`,
    );
  }
  const { dim, magnitude } = channelsOf(shape, expected, (kind, problem) => {
    return refuse(kind, problem === "" ? wanted : `${wanted}: ${problem}`);
  });
  const [first, second] = shape;
  const sizes = (crops: number, snippets: number, snippetsFirst: boolean): FeatureAxes => {
    if (snippets < 1 || crops < 1) throw refuse(RangeError, `${wanted}: it holds no snippet`);
    return { crops, snippets, dim, magnitude, snippetsFirst };
  };
  if (shape.length === 2) {
    // numpy.squeeze makes [N, D] of a video of one snippet.
    const squeezed = layout === "snippets_first" && first > 1 && first === expected.crops;
    return squeezed ? sizes(first, 1, true) : sizes(1, first, false);
  }
  if (layout === "per_crop") {
    // CLIP-TSA's files are [T, 1, D].
    if (second === 1) return sizes(1, first, false);
    if (first === 1) return sizes(1, second, false);
    const right = readingOf(first, second, expected.crops);
    throw refuse(
      TypeError,
      `${wanted}: all crops are in this one file; ${
        remedies.layout(right ?? "crops_first|snippets_first")
      }`,
    );
  }
  const reading = readingOf(first, second, expected.crops);
  if (layout === undefined && reading === null) {
    throw refuse(
      TypeError,
      `found ${found}, which can be [N, T, D] or [T, N, D] for N crops and T snippets; ${
        remedies.layout("crops_first|snippets_first")
      }`,
    );
  }
  const against = layout !== undefined && reading !== null && reading !== layout;
  if (against && crossed(first, second, layout, expected.crops)) {
    const what = reading === "crops_first" ? "crops" : "snippets";
    throw refuse(
      TypeError,
      `${wanted}: the ${what} come first in this file; ${remedies.layout(reading)}`,
    );
  }
  return (layout ?? reading) === "crops_first"
    ? sizes(first, second, false)
    : sizes(second, first, true);
}

/**
 * Whether a layout that goes against the shape is wrong, and the file does not merely have an
 * unusual number of crops.
 */
function crossed(first: number, second: number, layout: Layout, crops?: number): boolean {
  const read = layout === "crops_first" ? first : second;
  return crops === undefined ? read > Math.max(...usualCrops) : read !== crops && read !== 1;
}

/** The one order in which the sizes make sense, or null where both or neither do. */
function readingOf(
  first: number,
  second: number,
  crops: number | undefined,
): "crops_first" | "snippets_first" | null {
  const isCrops = (n: number) => crops === undefined ? usualCrops.includes(n) : n === crops;
  if (isCrops(first) === isCrops(second)) return null;
  return isCrops(first) ? "crops_first" : "snippets_first";
}

function channelsOf(
  shape: readonly number[],
  { dim, remedies = scoreRemedies }: Expected,
  refuse: (kind: ErrorConstructor, problem: string) => Error,
): { dim: number; magnitude: boolean } {
  const found = shape[shape.length - 1];
  if (found < 1) throw refuse(RangeError, "it has no channels");
  if (dim === undefined || found === dim) return { dim: found, magnitude: false };
  if (found === dim + 1) return { dim, magnitude: true };
  if (shape.slice(0, -1).includes(dim)) {
    throw refuse(TypeError, "the channels must be the last axis; save the array transposed");
  }
  throw refuse(RangeError, `it has ${found} channels a snippet; ${remedies.dim(found)}`);
}

function form({ layout, dim, crops }: Expected, axes: number): string {
  const N = crops ?? "N";
  const D = dim ?? "D";
  if (axes === 2) return `[T, ${D}]`;
  switch (layout) {
    case "crops_first":
      return `[${N}, T, ${D}]`;
    case "snippets_first":
      return `[T, ${N}, ${D}]`;
    case "per_crop":
      return `[T, ${D}]`;
    case undefined:
      return `[T, ${D}], [${N}, T, ${D}] or [T, ${N}, ${D}]`;
  }
}
