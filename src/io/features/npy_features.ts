/** Features in numpy's `.npy` format: a file, or a stored member of an archive. */

import { type FileStretch, openStretch } from "../file_stretch.ts";
import { decodeNpy, npyHeaderOf, toFloat32 } from "../npy.ts";
import {
  locateNpyHeader,
  npyDtypeNames,
  npyItemBytes,
  npyPrefixBytes,
  parseNpyHeader,
} from "../npy_header.ts";
import { readNpyPart } from "../npy_part.ts";
import { readBytes, requireRoom } from "../read_file.ts";
import { type FeatureReader, requirePlaces, wholeReader } from "./feature_reader.ts";

/**
 * Reads the header. A part of the array, in Fortran order too, is read without the rest.
 *
 * @param whole the bytes of the whole, where more is known of them than where they lie
 * @throws as `readNpyHeader`
 */
export async function openNpyFeatures(
  stretch: FileStretch,
  whole: () => Promise<Uint8Array> = () => readBytes(stretch.path),
): Promise<FeatureReader> {
  const { name } = stretch;
  using source = await openStretch(stretch);
  const header = await npyHeaderOf(source);
  const { shape, dtype } = header;
  const reader: FeatureReader = {
    name,
    shape,
    itemBytes: npyItemBytes[dtype],
    dtype: npyDtypeNames[dtype],
    partsAlone: true,
    async whole() {
      const array = decodeNpy(await whole(), name);
      requireRoom(4 * array.data.length, `Cannot read features "${name}" as float32`);
      return toFloat32(array, name);
    },
    async part(ranges) {
      requirePlaces(reader, ranges);
      using source = await openStretch(stretch);
      return toFloat32({ data: await readNpyPart(source, header, ranges) }, name);
    },
  };
  return reader;
}

/** Features whose bytes lie in memory already. */
export function npyFeaturesOf(bytes: Uint8Array, name: string): FeatureReader {
  const { start, end } = locateNpyHeader(bytes.subarray(0, npyPrefixBytes), bytes.length, name);
  const { shape, dtype } = parseNpyHeader(bytes.subarray(start, end), start, bytes.length, name);
  return wholeReader(
    { name, shape, itemBytes: npyItemBytes[dtype], dtype: npyDtypeNames[dtype] },
    () => {
      requireRoom(
        4 * shape.reduce((a, b) => a * b, 1),
        `Cannot read features "${name}" as float32`,
      );
      return Promise.resolve(toFloat32(decodeNpy(bytes, name), name));
    },
  );
}
