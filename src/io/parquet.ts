/**
 * Tables in Apache Parquet files, as data frames write them: small ones, a record a row. Columns
 * may be packed with snappy, or not at all.
 */

import { fault } from "../fault.ts";
import { InputFile } from "./read_file.ts";

const MAGIC = "PAR1";
/** The table comes whole; a row of a manifest takes a few hundred bytes. */
const LARGEST = 64 * 2 ** 20;
const MOST_ROWS = 1_000_000;

/** Whether a file begins as parquet files do. */
export async function isParquet(path: string): Promise<boolean> {
  using file = await InputFile.open(path);
  const head = await file.read(0, Math.min(MAGIC.length, file.size));
  return new TextDecoder().decode(head) === MAGIC;
}

/**
 * The rows of a table as records, null where a field is empty.
 *
 * @throws {SyntaxError | RangeError} a fault: damaged, too large, or packed by another method
 */
export async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  using input = await InputFile.open(path);
  const refused = (kind: ErrorConstructor, problem: string, cause?: unknown) =>
    fault(kind, `Cannot read "${path}": ${problem}`, { cause });
  if (input.size > LARGEST) {
    throw refused(RangeError, `it is larger than 64 MB; write it as several files, or as .jsonl`);
  }
  // Small enough to lie in memory, where reads may overlap in time.
  const file = (await input.read(0, input.size)).buffer;
  try {
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    if (rows > MOST_ROWS) throw new Error(`it says that it has ${rows} rows`);
    const { requireSoundPages } = await import("./parquet_pages.ts");
    requireSoundPages(file, metadata, { rows: MOST_ROWS, bytes: LARGEST });
    return await parquetReadObjects({ file, metadata });
  } catch (error) {
    const [reason] = String((error as Error).message ?? error).split("\n");
    throw refused(
      SyntaxError,
      `it is no parquet file that is read (${reason}); write it again with snappy, or as .jsonl`,
      error,
    );
  }
}

/** A column of a table that is written; of numbers where `whole` says so, else of text. */
export interface ParquetColumn {
  name: string;
  whole?: boolean;
  values: (string | number | null)[];
}

/** A table packed with snappy. Columns have one length. */
export async function encodeParquet(columns: readonly ParquetColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  return new Uint8Array(parquetWriteBuffer({
    columnData: columns.map(({ name, whole, values }) => ({
      name,
      data: values,
      type: whole ? "INT32" as const : "STRING" as const,
      nullable: true,
    })),
  }));
}
