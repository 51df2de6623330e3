/**
 * A look at the pages of a parquet file before they are read: the reading library takes the counts
 * that a page states as they are, so that a damaged one of a few hundred bytes has it loop without
 * end or fill memory.
 *
 * Source: apache/parquet-format, README.md and Encodings.md.
 */

import type { ColumnMetaData, FileMetaData } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { parquetSchema } from "hyparquet/src/metadata.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from "hyparquet/src/schema.js";
import { readVarInt } from "hyparquet/src/thrift.js";

export interface ParquetLimits {
  rows: number;
  /** Of one page, unpacked. */
  bytes: number;
}

interface Reader {
  view: DataView;
  offset: number;
}

/** Values of a column by row: lists have several. */
const VALUES_A_ROW = 16;
const DICTIONARY = ["PLAIN_DICTIONARY", "RLE_DICTIONARY"];

/** @throws Error with what is wrong, for the message of a fault */
export function requireSoundPages(
  file: ArrayBuffer,
  metadata: FileMetaData,
  limits: ParquetLimits,
): void {
  const schema = parquetSchema(metadata);
  let rows = 0;
  for (const group of metadata.row_groups) {
    const own = Number(group.num_rows);
    rows += within(own, limits.rows, "rows of a group");
    within(rows, limits.rows, "rows");
    for (const { meta_data: column } of group.columns) {
      if (column === undefined) throw new Error("a column says nothing of itself");
      const path = getTreePath(schema, column.path_in_schema);
      const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)];
      requireSoundColumn(file, column, levels, limits);
    }
  }
}

/** @param levels the highest repetition and definition level; 0: there are none */
function requireSoundColumn(
  file: ArrayBuffer,
  column: ColumnMetaData,
  levels: number[],
  limits: ParquetLimits,
): void {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const size = Number(column.total_compressed_size);
  within(start, file.byteLength, "the place of a column");
  within(size, file.byteLength - start, "bytes of a column");
  const reader = { view: new DataView(file, start, size), offset: 0 };
  let values = 0;
  while (reader.offset < size - 1) {
    const header = parquetHeader(reader);
    const { type, compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    within(packed, size - reader.offset, "bytes of a page");
    within(unpacked, limits.bytes, "bytes of a page");
    const bytes = new Uint8Array(file, start + reader.offset, packed);
    reader.offset += packed;
    const unpack = (part: Uint8Array, length: number) =>
      decompressPage(part, length, column.codec, undefined);
    const page = header.data_page_header_v2 ?? header.data_page_header;
    if (type === "DICTIONARY_PAGE") {
      within(header.dictionary_page_header?.num_values ?? NaN, limits.rows, "values of a page");
    } else if (page !== undefined) {
      const count = within(page.num_values, VALUES_A_ROW * limits.rows, "values of a page");
      values = within(values + count, VALUES_A_ROW * limits.rows, "values of a column");
      if (type === "DATA_PAGE") requireRuns(unpack(bytes, unpacked), levels, count, page.encoding);
      else requireRunsV2(bytes, unpacked, levels, header, unpack);
    } else throw new Error(`it has a page of an unknown kind (${type})`);
  }
}

/** The levels of a page, each behind its length, and the places in a dictionary. */
function requireRuns(page: Uint8Array, levels: number[], count: number, encoding: string): void {
  const reader = readerOf(page);
  let filled = count;
  for (const level of levels) {
    if (level === 0) continue;
    const length = reader.view.getUint32(reader.offset, true);
    const start = reader.offset += 4;
    // Of the last ones, the definition levels, the highest stands for a value that is there.
    filled = requireHybrid(reader, bitsOf(level), count, level);
    reader.offset = start + within(length, page.length - start, "bytes of levels");
  }
  const values = levels[1] > 0 ? filled : count;
  requireKnown(encoding);
  if (DICTIONARY.includes(encoding)) {
    const bits = within(reader.view.getUint8(reader.offset++), 32, "bits of a place");
    if (bits > 0) requireHybrid(reader, bits, values);
  } else if (encoding === "RLE") {
    reader.offset += 4;
    requireHybrid(reader, 1, values);
  }
}

function requireRunsV2(
  bytes: Uint8Array,
  unpacked: number,
  levels: number[],
  { data_page_header_v2: page }: ReturnType<typeof parquetHeader>,
  unpack: (part: Uint8Array, length: number) => Uint8Array,
): void {
  if (page === undefined) throw new Error("a page says nothing of itself");
  const { num_values: count, num_nulls: nulls, encoding, is_compressed: isPacked } = page;
  within(nulls, count, "empty values of a page");
  const lengths = [page.repetition_levels_byte_length, page.definition_levels_byte_length];
  let start = 0;
  for (const [i, length] of lengths.entries()) {
    within(length, bytes.length - start, "bytes of levels");
    if (levels[i] > 0) requireHybrid(readerOf(bytes.subarray(start)), bitsOf(levels[i]), count);
    start += length;
  }
  requireKnown(encoding);
  if (!DICTIONARY.includes(encoding) && encoding !== "RLE") return;
  const size = within(unpacked - start, unpacked, "bytes of values");
  const rest = bytes.subarray(start);
  const body = readerOf(isPacked !== false && size > 0 ? unpack(rest, size) : rest);
  if (encoding === "RLE") body.offset += 4;
  const bits = encoding === "RLE"
    ? 1
    : within(body.view.getUint8(body.offset++), 32, "bits of a place");
  requireHybrid(body, bits, count - nulls);
}

/**
 * Runs of equal values and groups of eight: no more than the values there are, but for the last
 * group's padding.
 *
 * @returns how many of the values are `wanted`
 */
function requireHybrid(reader: Reader, bits: number, count: number, wanted = -1): number {
  const { view } = reader;
  let found = 0;
  for (let seen = 0; seen < count;) {
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1, run = isPacked ? (header >>> 1) * 8 : header >>> 1;
    within(run, count - seen + (isPacked ? 7 : 0), "values of a run");
    const start = 8 * reader.offset, held = Math.min(run, count - seen);
    if (wanted >= 0 && isPacked) {
      for (let i = 0; i < held; i++) {
        if (bitsAt(view, start + i * bits, bits) === wanted) found++;
      }
    } else if (wanted >= 0 && run > 0 && bitsAt(view, start, bits) === wanted) found += held;
    reader.offset += isPacked ? Math.max(1, run * bits / 8) : (bits + 7) >> 3;
    seen += run;
  }
  return found;
}

/** The number of some bits, the lowest first. */
function bitsAt(view: DataView, at: number, bits: number): number {
  let value = 0;
  for (let i = 0; i < bits; i++) {
    value |= (view.getUint8((at + i) >> 3) >> ((at + i) & 7) & 1) << i;
  }
  return value;
}

/** Others have counts within counts; data frames write these. */
function requireKnown(encoding: string | undefined): void {
  if (encoding === "PLAIN" || encoding === "RLE" || DICTIONARY.includes(encoding ?? "")) return;
  throw new Error(`values are encoded as ${encoding}, expected PLAIN or a dictionary`);
}

function readerOf(bytes: Uint8Array): Reader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

function bitsOf(level: number): number {
  return 32 - Math.clz32(level);
}

/** The number, if it is a whole one from 0 to the limit. */
function within(value: number, limit: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= limit) return value;
  throw new Error(`${what}: ${value}, expected 0 to ${limit}`);
}
