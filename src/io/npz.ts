/**
 * numpy's `.npz` archives: one `.npy` array a member, stored or deflated.
 *
 * Source: numpy:numpy/lib/npyio.py, `_savez`.
 */

import { fault, isFault } from "../fault.ts";
import { decodeNpy, type NpyArray, type NpyDtype } from "./npy.ts";
import {
  locateNpyHeader,
  npyAxes,
  type NpyHeader,
  npyPrefixBytes,
  parseNpyHeader,
} from "./npy_header.ts";
import type { StoredDtype } from "./safetensors_header.ts";
import type { HeldTensor, TensorFile } from "./tensor_file.ts";
import { type ByteSource, openZip, type ZipArchive } from "./zip_archive.ts";

const KINDS: Readonly<Record<NpyDtype, StoredDtype>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  b1: "BOOL",
};

/**
 * Opens an archive and reads the header of each array; arrays of Python objects refuse it.
 *
 * @throws {SyntaxError | TypeError | RangeError} a fault: damaged, or a member that is no array
 */
export async function openNpz(source: ByteSource): Promise<TensorFile> {
  const archive = await openZip(source);
  const tensors = new Map<string, HeldTensor>();
  const arrayIn = async (member: string): Promise<NpyArray> =>
    decodeNpy(await archive.read(member), `${source.path}, member ${member}`);
  for (const member of archive.names) {
    if (!member.endsWith(".npy")) {
      throw fault(
        SyntaxError,
        `Cannot read "${source.path}": member "${member}" is no .npy array; give a file of numpy.savez`,
      );
    }
    const { dtype, shape } = await npyHeaderIn(archive, member, `${source.path}, member ${member}`);
    tensors.set(member.slice(0, -".npy".length), { dtype: KINDS[dtype], shape });
  }
  return {
    kind: "a numpy .npz archive",
    tensors,
    plain: new Map(),
    async read(path) {
      const { dtype, shape, data } = await arrayIn(`${path}.npy`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { dtype: KINDS[dtype], shape, bytes };
    },
  };
}

/** Bytes that hold the header of what numpy writes. */
const USUAL_HEADER = 256;

/**
 * The header of a member, of which no more is unpacked.
 *
 * @throws as `readNpyHeader`, and where the member is damaged before its values
 */
export async function npyHeaderIn(
  archive: ZipArchive,
  member: string,
  name: string,
): Promise<NpyHeader> {
  const { text, start } = await headerTextIn(archive, member, name);
  return parseNpyHeader(text, start, archive.sizeOf(member), name);
}

/**
 * The members that may be arrays of features: a frame rate, a name or a row of labels, which stand
 * beside the features of a video, have fewer than two axes. What cannot be told stays.
 */
export async function featureMembers(
  archive: ZipArchive,
  members: readonly string[],
): Promise<string[]> {
  const kept: string[] = [];
  for (const member of members) {
    try {
      const { text, start } = await headerTextIn(archive, member, member);
      if (npyAxes(text, start, member) < 2) continue;
    } catch (error) {
      if (!isFault(error)) throw error;
    }
    kept.push(member);
  }
  return kept;
}

async function headerTextIn(
  archive: ZipArchive,
  member: string,
  name: string,
): Promise<{ text: Uint8Array; start: number }> {
  const size = archive.sizeOf(member);
  let head = await archive.head(member, USUAL_HEADER);
  const { start, end } = locateNpyHeader(head.subarray(0, npyPrefixBytes), size, name);
  if (end > head.length) head = await archive.head(member, end);
  return { text: head.subarray(start, end), start };
}
