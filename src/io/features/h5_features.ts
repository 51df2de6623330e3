/**
 * Features in HDF5 files, a dataset a video, in groups or not, and in MATLAB files of version 7.3,
 * which are HDF5 with the axes turned round. The library reads from the disk what is asked for; it
 * is loaded when the first such file is met, and calls the system while our thread waits.
 */

import type { Dataset, File, Group } from "h5wasm/node";
import { fault } from "../../fault.ts";
import { toCOrder } from "../npy.ts";
import { requireRoom } from "../read_file.ts";
import type { Range } from "../array_part.ts";
import { type FeatureArchive, type FeatureReader, requirePlaces } from "./feature_reader.ts";

const INTEGER = 0, FLOAT = 1;
/** Groups in groups; a group may also hold itself. */
const DEEPEST = 8;
/** Datasets that are looked for: XD-Violence's crops are 39,540. */
const MOST_DATASETS = 200_000;

/**
 * Lists the datasets of numbers with two axes or more. Where all are called the same, as in
 * `<video>/features`, a video is known by its group.
 *
 * @throws {SyntaxError} a fault: damaged, or no HDF5 file
 */
export async function openH5Features(path: string): Promise<FeatureArchive> {
  const found = await withFile(path, (file) => {
    const paths: string[] = [];
    walk(file, "", 0, paths);
    return paths;
  });
  const baseOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const byGroup = found.length > 1 && found.every((name) => {
    return name.includes("/") && baseOf(name) === baseOf(found[0]);
  });
  const places = new Map(found.map((name) => {
    return [byGroup ? name.slice(0, name.lastIndexOf("/")) : name, name];
  }));
  return {
    names: [...places.keys()],
    open: (name) => openDataset(path, places.get(name)!, `${path}/${name}`),
  };
}

/** Paths of the datasets that could be features. */
function walk(group: Group, within: string, depth: number, paths: string[]): void {
  for (const key of group.keys()) {
    if (depth > DEEPEST || paths.length >= MOST_DATASETS) return;
    const name = within === "" ? key : `${within}/${key}`;
    const item = group.get(key);
    if (item === null || !("type" in item)) continue;
    if (item.type === "Group") walk(item as Group, name, depth + 1, paths);
    else if (item.type === "Dataset" && isNumeric(item as Dataset)) paths.push(name);
  }
}

function isNumeric({ metadata, shape }: Dataset): boolean {
  return (metadata.type === INTEGER || metadata.type === FLOAT) && (shape?.length ?? 0) >= 2;
}

async function openDataset(path: string, place: string, name: string): Promise<FeatureReader> {
  const about = await withFile(path, (file) => {
    const dataset = datasetAt(file, place);
    return {
      shape: dataset.shape!,
      itemBytes: dataset.metadata.size,
      // Packed chunks hold more than is asked for.
      partsAlone: dataset.metadata.chunks === null,
      turned: "MATLAB_class" in dataset.attrs,
    };
  });
  const shape = about.turned ? about.shape.toReversed() : about.shape;
  const read = (ranges: readonly Range[]): Promise<Float32Array> =>
    withFile(path, (file) => {
      const count = ranges.reduce((product, [, length]) => product * length, 1);
      requireRoom(4 * count, `Cannot read features "${name}" as float32`);
      if (count === 0) return new Float32Array(0);
      const stored = about.turned ? ranges.toReversed() : ranges;
      const values = datasetAt(file, place)
        .slice(stored.map(([first, length]) => [first, first + length]));
      if (!ArrayBuffer.isView(values) || values instanceof DataView) {
        throw refused(path, `the dataset "${place}" holds no numbers that are read`);
      }
      const numbers = Float32Array.from(values as unknown as ArrayLike<number | bigint>, Number);
      if (numbers.length !== count) throw refused(path, `the dataset "${place}" is cut off`);
      return about.turned ? toCOrder(numbers, ranges.map(([, length]) => length)) : numbers;
    }) as Promise<Float32Array>;
  const reader: FeatureReader = {
    name,
    shape,
    itemBytes: about.itemBytes,
    partsAlone: about.partsAlone,
    whole: () => read(shape.map((length) => [0, length])),
    part(ranges) {
      return Promise.resolve().then(() => {
        requirePlaces(reader, ranges);
        return read(ranges);
      });
    },
  };
  return reader;
}

function datasetAt(file: File, place: string): Dataset {
  return file.get(place) as Dataset;
}

function refused(path: string, problem: string, cause?: unknown): Error {
  return fault(
    SyntaxError,
    `Cannot read "${path}": ${problem}; copy or download it again, or save the features as .npy`,
    { cause },
  );
}

/** Does some work with a file, and closes it. */
async function withFile<T>(path: string, work: (file: File) => T): Promise<T> {
  const { File, ready } = await import("h5wasm/node");
  // Without it, what is wrong is printed and work goes on.
  (await ready).activate_throwing_error_handler();
  let file: File | null = null;
  try {
    file = new File(path, "r");
    return work(file);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw error;
    const reason = String((error as Error).message ?? error).split("\n")
      .findLast((line) => /#\d+:/.test(line))?.replace(/^.*\): /, "") ?? "its structure is damaged";
    throw refused(path, `it is a damaged HDF5 file (${reason})`, error);
  } finally {
    try {
      file?.close();
    } catch {
      // What could not be read may not be closed either.
    }
  }
}
