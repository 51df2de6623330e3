/**
 * cell.json of a cell: which training of the matrix its folder is, so that a later matrix, or
 * another process, knows it without the command line.
 */

import { join } from "node:path";
import { z } from "zod";
import type { FileSystem } from "../io/file_system.ts";
import { readCellFile, writeCellFile } from "./cell_files.ts";
import type { Cell } from "./matrix_cells.ts";
import { type MedianRule, medianRule } from "./median_stop.ts";

const cellRecord = z.object({
  row: z.string(),
  runner: z.string(),
  varied: z.array(z.string()),
  seed: z.int(),
  changes: z.array(z.string()),
  /** What it must reach at each step, where cells are stopped by the median. */
  rule: medianRule.nullable().default(null),
});

export type CellRecord = z.infer<typeof cellRecord>;

function recordPath(folder: string): string {
  return join(folder, "cell.json");
}

/** Writes the record; the folder exists. */
export async function writeCellRecord(
  folder: string,
  cell: Cell,
  rule: MedianRule | null = null,
  fs?: FileSystem,
): Promise<void> {
  await writeCellFile(recordPath(folder), cellRecord.parse({ ...cell, rule }), fs);
}

/**
 * Reads the record; null where a folder has none.
 *
 * @throws fault when it is not what a matrix writes
 */
export function readCellRecord(folder: string): Promise<CellRecord | null> {
  return readCellFile(recordPath(folder), cellRecord);
}
