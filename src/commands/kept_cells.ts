/** The finished cells that a matrix folder has of earlier grids. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSettings } from "../config/groups.ts";
import { loadResolvedConfig } from "../config/resolve_config.ts";
import { isFault } from "../fault.ts";
import { readCellRecord } from "../launch/cell_record.ts";
import { type CellOutcome, readCellResult } from "../launch/gather_matrix.ts";
import { loadPluginsOfRun } from "../model/load_plugins.ts";
import { registry as catalog } from "../model/registry.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { stateOf } from "./matrix_places.ts";

/** The finished cells of a matrix folder, and what kept others from being read. */
export interface KeptCells {
  cells: CellOutcome[];
  warnings: string[];
}

/**
 * The finished cells that a matrix folder has of earlier grids.
 *
 * @param grid folders of the cells that are asked for now: they are left out
 */
export async function keptCells(folder: string, grid: ReadonlySet<string>): Promise<KeptCells> {
  const cells: CellOutcome[] = [];
  const warnings: string[] = [];
  const home = join(folder, "cells");
  const names = existsSync(home) ? [...Deno.readDirSync(home)].map(({ name }) => name).sort() : [];
  for (const name of names) {
    const path = join(home, name);
    const files = runFiles(path);
    if (grid.has(join("cells", name)) || stateOf(path) !== "finished") continue;
    try {
      const record = await readCellRecord(path);
      if (record === null) continue;
      await loadPluginsOfRun(readSettings(files.config), files.config);
      const config = loadResolvedConfig(files.config, { catalog });
      const result = await readCellResult(files.result);
      const key = name.slice(name.lastIndexOf("-") + 1);
      cells.push({
        cell: { ...record, official: null, config },
        config,
        key,
        folder: join("cells", name),
        result,
      });
    } catch (error) {
      if (!isFault(error)) throw error;
      warnings.push(`"${path}" is left out of the tables: ${error.message}`);
    }
  }
  return { cells, warnings };
}
