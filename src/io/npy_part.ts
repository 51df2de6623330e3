/**
 * A part of a `.npy` array, read without the rest: whatever the order of its axes in the file, its
 * values lie in runs, each of which is read by itself, or together with what lies between where
 * that is little.
 */

import { countOf, type Range, runsOf } from "./array_part.ts";
import { inNativeOrder, type NpyData, toCOrder } from "./npy.ts";
import { type NpyHeader, npyItemBytes } from "./npy_header.ts";
import type { ByteSource } from "./zip_archive.ts";

/** A call of the system takes as long as reading about so many bytes. */
const GAP_BYTES = 2 ** 14;
/** Bytes that are read at once where runs are short. */
const PIECE_BYTES = 2 ** 22;

/**
 * The values at some places, in C order.
 *
 * @param source whose bytes from 0 are those of the `.npy` file
 * @param ranges one an axis, within the shape
 * @throws {Error} a fault: the file ends before, or cannot be read
 */
export async function readNpyPart(
  source: ByteSource,
  header: NpyHeader,
  ranges: readonly Range[],
): Promise<NpyData> {
  const { shape, fortranOrder, dtype, bodyOffset } = header;
  const itemBytes = npyItemBytes[dtype];
  // An array in Fortran order is the one in C order with its axes turned round.
  const [stored, wanted] = fortranOrder
    ? [shape.toReversed(), ranges.toReversed()]
    : [shape, ranges];
  const wantedBytes = countOf(ranges) * itemBytes;
  let bytes: Uint8Array = new Uint8Array(0), filled = 0;
  for (const { begin, end, runs } of readsOf(stored, wanted, itemBytes)) {
    const read = await source.read(bodyOffset + begin, end - begin);
    if (read.length === wantedBytes) {
      bytes = read; // all of it, such as one crop of an hour: no second copy
      break;
    }
    if (filled === 0) bytes = new Uint8Array(wantedBytes);
    for (const run of runs) {
      bytes.set(read.subarray(run.begin - begin, run.end - begin), filled);
      filled += run.end - run.begin;
    }
  }
  const data = inNativeOrder(bytes, header);
  const counts = ranges.map(([, count]) => count);
  return fortranOrder && shape.length > 1 ? toCOrder(data, counts) : data;
}

interface Stretch {
  begin: number;
  end: number;
}

/** Runs of bytes, gathered into what is read by one call. */
function* readsOf(
  shape: readonly number[],
  ranges: readonly Range[],
  itemBytes: number,
): Generator<Stretch & { runs: Stretch[] }> {
  let read: Stretch & { runs: Stretch[] } | null = null;
  for (const { first, count } of runsOf(shape, ranges)) {
    const run = { begin: first * itemBytes, end: (first + count) * itemBytes };
    const near = read !== null && run.begin - read.end <= GAP_BYTES &&
      run.end - read.begin <= PIECE_BYTES;
    if (near) {
      read!.end = run.end;
      read!.runs.push(run);
    } else {
      if (read !== null) yield read;
      read = { ...run, runs: [run] };
    }
  }
  if (read !== null) yield read;
}
