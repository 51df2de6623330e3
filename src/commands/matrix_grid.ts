/** From the words of `wsvad matrix` to its cells. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { listGroup } from "../config/groups.ts";
import { isSwept, parseSweep } from "../config/sweep_grammar.ts";
import { type Cell, type GridRequest, planCells } from "../launch/matrix_cells.ts";
import { parseRows, type RunnerRow } from "../launch/matrix_rows.ts";
import { pluginOverrides } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { cellName, rowName } from "../report/matrix.ts";
import { rehearseMatrixFolder } from "../run_folder/claim_folder.ts";
import { type CellState, placeOf, stateOf } from "./matrix_places.ts";
import { type Official, placeOfficial, readOfficials } from "./official_cells.ts";

/** What a matrix is made of. */
export interface MatrixGrid extends Omit<GridRequest, "catalog" | "rows"> {
  /** Lists of --runners; absent: all there are, or none where checkpoints are named. */
  runners?: readonly string[];
  /** Imported checkpoints, which are evaluated without training: FILE, or NAME:FILE. */
  official?: readonly string[];
  /** Files of --plugin. */
  plugins?: readonly string[];
  /** Matrix folder: one that holds a matrix, or nothing, or is not there yet. */
  folder: string;
}

/** The trainings of a grid with its rows, and its imported checkpoints. */
export interface Grid {
  rows: RunnerRow[];
  cells: Cell[];
  officials: Official[];
}

/** @throws fault: settings that a row refuses; checkpoints that are none */
export async function planGrid(request: MatrixGrid): Promise<Grid> {
  const { seeds, settings, configDirs, search, official = [] } = request;
  const officials = await readOfficials(official, configDirs);
  const all = () => listGroup("runner", [...configDirs ?? []]).map(({ name }) => name);
  const rows = request.runners === undefined && official.length > 0
    ? []
    : parseRows(request.runners ?? all());
  const own: RunnerRow[] = [];
  for (const row of rows) {
    own.push({ ...row, settings: [...await pluginsOf(row, request), ...row.settings] });
  }
  const untrained = officials.map(({ runner }) => runner);
  const grid = { rows: own, seeds, settings, configDirs, search, untrained, catalog: registry };
  return { rows, cells: planCells(grid), officials };
}

/** The overrides that keep the plugins of a row, those of all data that it is trained on. */
async function pluginsOf(
  { runner, settings: own }: RunnerRow,
  { settings, plugins, configDirs }: MatrixGrid,
): Promise<string[]> {
  const chosen = [...settings, ...own].map(parseSweep).filter(({ key }) => key === "data");
  const swept = chosen.filter(isSwept).flatMap(({ values }) => Array.isArray(values) ? values : []);
  const last = chosen.findLast((sweep) => !isSwept(sweep))?.text;
  const choices = [...last === undefined ? [] : [last], ...swept.map((name) => `data=${name}`)];
  const found = new Set<string>();
  for (const choice of choices.length === 0 ? [[]] : choices.map((text) => [text])) {
    const named = await pluginOverrides({ plugins, runner, overrides: choice, configDirs });
    for (const override of named) {
      for (const text of JSON.parse(override.slice(override.indexOf("=") + 1))) found.add(text);
    }
  }
  return found.size === 0 ? [] : [`++runner.plugins=${JSON.stringify([...found])}`];
}

/** What a matrix would run. */
export interface MatrixPlan {
  folder: string;
  cells: { cell: string; folder: string; state: CellState }[];
}

/**
 * What there would be to run; nothing is written.
 *
 * @throws fault: settings that a row refuses; a folder that holds something else
 */
export async function planMatrix(request: MatrixGrid): Promise<MatrixPlan> {
  const { rows, cells, officials } = await planGrid(request);
  rehearseMatrixFolder(request.folder);
  const folder = resolve(request.folder);
  const planned: MatrixPlan["cells"] = [];
  const methods = [...rows, ...officials].map(({ runner }) => runner);
  for (const official of officials) {
    const { cell, name, path } = await placeOfficial(official, methods, folder, request);
    const state = existsSync(join(path, "evaluation.json")) ? "finished" : "new";
    planned.push({ cell: cellName(cell), folder: name, state });
  }
  for (const cell of cells) {
    const { name, path } = await placeOf(cell, folder, null);
    planned.push({ cell: cellName(cell), folder: name, state: stateOf(path) });
  }
  return { folder: request.folder, cells: planned };
}

/** "24 cells: 6 rows, seeds 0, 1, 2, 3; 4 finished, 1 begun": before anything is run. */
export function openingOf({ cells, officials }: Grid, paths: readonly string[]): string {
  const seeds = [...new Set(cells.map(({ seed }) => seed))];
  const states = (["finished", "begun"] as const).flatMap((state) => {
    const count = paths.filter((path) => stateOf(path) === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const grid = cells.length === 0 ? [] : [
    plural(new Set(cells.map(rowName)).size, "row"),
    `${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`,
  ];
  const imported = officials.length === 0 ? [] : [plural(officials.length, "imported checkpoint")];
  return `${plural(cells.length + officials.length, "cell")}: ${[...grid, ...imported].join(", ")}${
    states.length === 0 ? "" : `; ${states.join(", ")}`
  }`;
}

function plural(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}
