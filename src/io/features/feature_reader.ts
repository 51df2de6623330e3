/**
 * The seam through which features of every format come: an array with its shape, read whole or in
 * part. A format is one file beside this one; what the axes mean is not its concern.
 */

import { partOf, type Range } from "../array_part.ts";

/** An array of features, unread. All values come as float32, the last axis fastest. */
export interface FeatureReader {
  /** What messages call it: a path, that of a member of an archive being `<archive>/<member>`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes of a value as it is stored. */
  readonly itemBytes: number;
  /** The kind of its values in numpy's words, where the format tells it. */
  readonly dtype?: string;
  /**
   * Whether a part costs its own bytes and little more. Where not, as in what was packed, each part
   * costs the whole.
   */
  readonly partsAlone: boolean;
  /**
   * @throws {SyntaxError | TypeError | RangeError | Error} a fault: damaged, or not readable
   */
  whole(): Promise<Float32Array>;
  /**
   * The values at these places, one range an axis.
   *
   * @throws {RangeError} places outside of the array
   * @throws as `whole`
   */
  part(ranges: readonly Range[]): Promise<Float32Array>;
}

/** A file that holds the features of several videos, by name. */
export interface FeatureArchive {
  /** Paths within it, of its arrays alone. */
  readonly names: readonly string[];
  /** Whether one is there, in a time that does not grow with their number. */
  has(name: string): boolean;
  open(name: string): Promise<FeatureReader>;
}

/** @throws {RangeError} places outside of the array */
export function requirePlaces({ name, shape }: FeatureReader, ranges: readonly Range[]): void {
  const inside = ranges.length === shape.length &&
    ranges.every(([first, count], axis) => {
      return first >= 0 && count >= 0 && first + count <= shape[axis];
    });
  if (inside) return;
  throw new RangeError(
    `Cannot read the places [${ranges.map((range) => range.join("+"))}] of "${name}" of shape [${
      shape.join(", ")
    }]`,
  );
}

/**
 * A reader of values that come whole or not at all.
 *
 * @param forParts the same, of which nobody changes a value: parts are copies; absent: as `whole`
 */
export function wholeReader(
  about: Pick<FeatureReader, "name" | "shape" | "itemBytes" | "dtype">,
  whole: () => Promise<Float32Array>,
  forParts = whole,
): FeatureReader {
  const reader: FeatureReader = {
    ...about,
    partsAlone: false,
    whole,
    async part(ranges) {
      requirePlaces(reader, ranges);
      return partOf(await forParts(), about.shape, ranges);
    },
  };
  return reader;
}
