/** Where the cells of a matrix lie, and how far each of them is. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { type CellOutcome, readCellResult } from "../launch/gather_matrix.ts";
import { type Cell, cellKey } from "../launch/matrix_cells.ts";
import type { Progress } from "../progress.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { withDictionary } from "./cell_dictionary.ts";

/** A cell with the folder that its configuration leads to. */
export interface Place {
  cell: Cell;
  /** As it is run: with what the matrix itself puts into it. */
  config: ResolvedConfig;
  key: string;
  /** Relative to the matrix folder. */
  name: string;
  path: string;
}

/**
 * The place of a cell.
 *
 * @param folder the matrix folder, absolute
 * @param progress told of a dictionary that is built; null builds none
 * @throws fault: as {@link withDictionary}
 */
export async function placeOf(
  cell: Cell,
  folder: string,
  progress: Progress | null,
): Promise<Place> {
  const config = await withDictionary(cell.config, folder, progress);
  const key = await cellKey(config, folder);
  const runner = config.runner.name.replace(/[^A-Za-z0-9._-]+/g, "_");
  const name = join("cells", `${runner}-seed${cell.seed}-${key}`);
  return { cell, config, key, name, path: join(folder, name) };
}

/** How far a cell is. */
export type CellState = "finished" | "begun" | "new";

/** How far a cell is: its last file is the report, its first checkpoint that of step 0. */
export function stateOf(path: string): CellState {
  const files = runFiles(path);
  if (existsSync(files.result) && existsSync(files.report)) return "finished";
  return existsSync(files.last) ? "begun" : "new";
}

/** The metric by which a cell is compared with others while it runs. */
export function metricOf({ trainer: { select } }: ResolvedConfig): string {
  return select === "last" ? "roc_auc" : select;
}

/** @throws fault when the result is not what a run writes */
export async function outcomeOf({ cell, config, key, name, path }: Place): Promise<CellOutcome> {
  return { cell, config, key, folder: name, result: await readCellResult(runFiles(path).result) };
}
