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
import { refusedH5, withH5File } from "./h5_library.ts";

const INTEGER = 0, FLOAT = 1;
/** Groups in groups. */
const DEEPEST = 8;
/** A link takes at least its name, and the address that it leads to. */
const LINK_BYTES = 9;
/** By how much values may be larger than their file: deflate packs 1,032 times at most. */
const MOST_PACKED = 4096;

/**
 * Lists the datasets of numbers with two axes or more. Where all are called the same, as in
 * `<video>/features`, a video is known by its group.
 *
 * @throws {SyntaxError} a fault: damaged, or no HDF5 file
 */
export async function openH5Features(path: string): Promise<FeatureArchive> {
  const { size } = await Deno.stat(path);
  const found = await withH5File(path, (file) => {
    const walk = new Walk(path, size / LINK_BYTES);
    walk.visit(file, "", []);
    return walk.found;
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
    has: (name) => places.has(name),
    open: (name) => openDataset(path, places.get(name)!, `${path}/${name}`),
  };
}

/** Paths of the datasets that could be features. */
class Walk {
  readonly found: string[] = [];
  #links = 0;

  /** @param most links that the file can hold */
  constructor(readonly path: string, readonly most: number) {}

  /**
   * Groups may hold themselves, also through others, and several of them the same one: ten such
   * links in nine groups would be 10^9 ways.
   *
   * @param above names in each group on the way here, the nearest last
   */
  visit(group: Group, within: string, above: readonly string[]): void {
    const keys = group.keys();
    const names = keys.join("\n");
    // The library does not tell which group it is; one link alone leads no further than DEEPEST.
    if (keys.length > 1 && above.includes(names)) return;
    for (const key of keys) {
      if (above.length > DEEPEST) return;
      if (++this.#links > this.most) {
        throw refusedH5(this.path, "its groups hold each other, so that they have no end");
      }
      const name = within === "" ? key : `${within}/${key}`;
      const item = group.get(key);
      if (item === null || !("type" in item)) continue;
      if (item.type === "Group") this.visit(item as Group, name, [...above, names]);
      else if (item.type === "Dataset" && isNumeric(item as Dataset)) this.found.push(name);
    }
  }
}

function isNumeric({ metadata, shape }: Dataset): boolean {
  return (metadata.type === INTEGER || metadata.type === FLOAT) && (shape?.length ?? 0) >= 2;
}

async function openDataset(path: string, place: string, name: string): Promise<FeatureReader> {
  const { size } = await Deno.stat(path);
  const about = await withH5File(path, (file) => {
    const dataset = datasetAt(file, place);
    requireSize(path, place, dataset, size);
    requireReadable(path, place, dataset);
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
    withH5File(path, (file) => {
      const count = ranges.reduce((product, [, length]) => product * length, 1);
      requireRoom(4 * count, `Cannot read features "${name}" as float32`);
      if (count === 0) return new Float32Array(0);
      const stored = about.turned ? ranges.toReversed() : ranges;
      const values = datasetAt(file, place)
        .slice(stored.map(([first, length]) => [first, first + length]));
      if (!ArrayBuffer.isView(values) || values instanceof DataView) {
        throw refusedH5(path, `the dataset "${place}" holds no numbers that are read`);
      }
      const numbers = Float32Array.from(values as unknown as ArrayLike<number | bigint>, Number);
      if (numbers.length !== count) throw refusedH5(path, `the dataset "${place}" is cut off`);
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

/**
 * What a damaged header claims, the library would go through: each of so many chunks is looked for,
 * and values that nobody wrote are filled in.
 */
function requireSize(
  path: string,
  place: string,
  { shape, metadata }: Dataset,
  size: number,
): void {
  const { chunks } = metadata;
  const bytes = shape!.reduce((product, length) => product * length, metadata.size);
  // The place of each chunk takes a byte at least.
  const count = chunks === null ? 0 : shape!.reduce(
    (product, length, axis) => product * Math.ceil(length / chunks[axis]),
    1,
  );
  if (bytes <= MOST_PACKED * size && count <= size) return;
  throw refusedH5(
    path,
    `the dataset "${place}" [${shape!.join(", ")}] is larger than a file of ${size} bytes can hold`,
  );
}

/** Filters of HDF5 itself by their numbers: deflate, shuffle, checksums, n-bit, scale-offset. */
const OWN_FILTERS = [1, 2, 3, 5, 6];

/** @throws {TypeError} a fault: values or a packing that the library does not read */
function requireReadable(path: string, place: string, { metadata, filters }: Dataset): void {
  const filter = filters.find(({ id }) => !OWN_FILTERS.includes(id));
  const problem = filter !== undefined
    ? `is packed by "${filter.name || filter.id}", which only the program that wrote it unpacks`
    : metadata.type === FLOAT && metadata.size !== 4 && metadata.size !== 8
    ? `holds floating point numbers of ${metadata.size} bytes, and those of 4 and 8 are read`
    : null;
  if (problem === null) return;
  throw fault(
    TypeError,
    `Cannot read "${path}": the dataset "${place}" ${problem}; write it again: python3 -c "import ` +
      `h5py; f = h5py.File('IN.h5'); g = h5py.File('OUT.h5', 'w'); f.visititems(lambda k, d: ` +
      `g.update({k: d[()].astype('float32')}) if getattr(d, 'ndim', 0) > 1 else None)"`,
  );
}

function datasetAt(file: File, place: string): Dataset {
  return file.get(place) as Dataset;
}
