/**
 * cell.json of a cell: which training of the matrix its folder is, so that a later matrix, or
 * another process, knows it without the command line.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { readText } from "../io/read_file.ts";
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
  const text = JSON.stringify(cellRecord.parse({ ...cell, rule }), null, 1) + "\n";
  await writeWhole(recordPath(folder), text, { overwrite: true, fs });
}

/**
 * Reads the record; null where a folder has none.
 *
 * @throws fault when it is not what a matrix writes
 */
export async function readCellRecord(folder: string): Promise<CellRecord | null> {
  const path = recordPath(folder);
  if (!existsSync(path)) return null;
  try {
    return cellRecord.parse(JSON.parse(await readText(path)));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw fault(SyntaxError, `Cannot read "${path}": it is not what a matrix writes; remove it`);
  }
}
