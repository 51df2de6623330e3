/**
 * `wsvad matrix`: runs the cells of a grid one after another, and writes the tables after each of
 * them.
 */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listGroup } from "../config/groups.ts";
import { fault, isFault } from "../fault.ts";
import { makeFolder } from "../io/file_system.ts";
import { writeCellRecord } from "../launch/cell_record.ts";
import { type CellOutcome, gatherMatrix } from "../launch/gather_matrix.ts";
import { type Cell, type GridRequest, planCells } from "../launch/matrix_cells.ts";
import { parseRows, type RunnerRow } from "../launch/matrix_rows.ts";
import { pluginOverrides } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { warn } from "../progress.ts";
import {
  type CellName,
  cellName,
  type Matrix,
  type OpenCell,
  percent,
  rowName,
} from "../report/matrix.ts";
import { claimMatrixFolder, inFolder } from "../run_folder/claim_folder.ts";
import { withLock } from "../run_folder/lock.ts";
import { tool } from "../tool.ts";
import { evaluateOfficial, type Official, placeOfficial, readOfficials } from "./official_cells.ts";
import { keptCells } from "./kept_cells.ts";
import { outcomeOf, type Place, placeOf, stateOf } from "./matrix_places.ts";
import { type MatrixFiles, writeTables } from "./matrix_tables.ts";
import { resumeTraining, runTraining, type Surroundings } from "./run_training.ts";

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

export interface MatrixRequest extends MatrixGrid, Surroundings {}

/** A matrix, and where its tables lie. */
export interface MatrixResult extends Matrix {
  folder: string;
  files: MatrixFiles;
}

/** What a matrix would run. */
export interface MatrixPlan {
  folder: string;
  cells: { cell: string; folder: string; state: "finished" | "begun" | "new" }[];
}

/**
 * What there would be to run; nothing is written.
 *
 * @throws fault: settings that a row refuses
 */
export async function planMatrix(request: MatrixGrid): Promise<MatrixPlan> {
  const { rows, cells, officials } = await planGrid(request);
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

/**
 * Runs what is left of the grid. A finished cell is not run again, a begun one is continued. A cell
 * that fails is noted with its message, and the others go on.
 *
 * @throws fault: a folder that holds something else; settings that a row refuses, before anything
 *   is run; another process that writes the folder; a stop; tables that cannot be written
 */
export async function runMatrix(request: MatrixRequest): Promise<MatrixResult> {
  const grid = await planGrid(request);
  return await inFolder(
    claimMatrixFolder(request.folder),
    () => withLock(request.folder, () => runGrid(request, grid)),
  );
}

/** The trainings of a grid, and its rows. */
interface Grid {
  rows: RunnerRow[];
  cells: Cell[];
  officials: Official[];
}

async function planGrid(request: MatrixGrid): Promise<Grid> {
  const { seeds, settings, configDirs, search, plugins, official = [] } = request;
  const officials = await readOfficials(official, configDirs);
  const all = () => listGroup("runner", [...configDirs ?? []]).map(({ name }) => name);
  const rows = request.runners === undefined && official.length > 0
    ? []
    : parseRows(request.runners ?? all());
  const own: RunnerRow[] = [];
  for (const row of rows) {
    const overrides = [...settings, ...row.settings];
    const named = await pluginOverrides({ plugins, runner: row.runner, overrides, configDirs });
    own.push({ ...row, settings: [...named, ...row.settings] });
  }
  const untrained = officials.map(({ runner }) => runner);
  const grid = { rows: own, seeds, settings, configDirs, search, untrained, catalog: registry };
  return { rows, cells: planCells(grid), officials };
}

/** "24 cells: 6 rows, seeds 0, 1, 2, 3; 4 finished, 1 begun": before anything is run. */
function opening({ cells, officials }: Grid, places: Place[]): string {
  const seeds = [...new Set(cells.map(({ seed }) => seed))];
  const states = (["finished", "begun"] as const).flatMap((state) => {
    const count = places.filter(({ path }) => stateOf(path) === state).length;
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

/** A cell before its folder is known, and what it takes to fill it. */
interface Task extends CellName {
  run(title: string, placed: (place: Pick<Place, "key" | "name">) => void): Promise<CellOutcome>;
}

async function runGrid(request: MatrixRequest, grid: Grid): Promise<MatrixResult> {
  const { settings, progress, stop, fs } = request;
  const folder = resolve(request.folder);
  const { rows, cells, officials } = grid;
  const planned: Place[] = [];
  for (const cell of cells) planned.push(await placeOf(cell, folder, null));
  progress.note(opening(grid, planned));
  const kept = await keptCells(folder, new Set(planned.map(({ name }) => name)));
  for (const warning of kept.warnings) warn(progress, warning);
  const methods = [...rows, ...officials].map(({ runner }) => runner);
  const tasks: Task[] = [
    ...officials.map((official) => officialTask(official, methods, folder, request)),
    ...cells.map((cell) => trainingTask(cell, folder, request)),
  ];
  const outcomes: CellOutcome[] = [];
  const failed: OpenCell[] = [];
  const about = {
    runners: rows.map(({ name }) => name),
    seeds: [...new Set(cells.flatMap(({ seed }) => seed ?? []))],
    official: officials.map(({ runner, file }) => `${runner}:${file}`),
    settings: [...settings],
  };
  const write = async () => {
    const waiting = tasks.slice(outcomes.length + failed.length).map((task) => ({
      ...nameOf(task),
      key: null,
      folder: null,
      message: null,
    }));
    const matrix = gatherMatrix(about, outcomes, failed, waiting, kept.cells);
    return { ...matrix, folder: request.folder, files: await writeTables(folder, matrix, fs) };
  };
  let result: MatrixResult | null = null;
  for (const [i, task] of tasks.entries()) {
    const title = `cell ${i + 1} of ${tasks.length}: ${cellName(task)}`;
    let place = null as Pick<Place, "key" | "name"> | null;
    try {
      const outcome = await task.run(title, (found) => place = found);
      outcomes.push(outcome);
      progress.note(`${title}: ${summaryOf(outcome)}`);
    } catch (error) {
      progress.stop();
      if (stop?.aborted) {
        await write();
        throw stopped(i, tasks.length);
      }
      const message = messageOf(error);
      const bug = !isFault(error);
      const where = { key: place?.key ?? null, folder: place?.name ?? null };
      failed.push({ ...nameOf(task), ...where, message, bug });
      const told = bug ? `by a bug in ${tool.name} ${tool.version}: ${stackOf(error)}` : message;
      progress.note(`${title} failed${bug ? " " : ": "}${told}`);
    }
    result = await write();
    if (stop?.aborted && i + 1 < tasks.length) throw stopped(i + 1, tasks.length);
  }
  return result ?? await write();
}

function nameOf({ row, runner, varied, seed, official }: CellName): CellName {
  return { row, runner, varied, seed, official };
}

function trainingTask(cell: Cell, folder: string, request: MatrixRequest): Task {
  return {
    ...nameOf(cell),
    async run(title, placed) {
      const place = await placeOf(cell, folder, request.progress);
      placed(place);
      return await runCell(place, title, request);
    },
  };
}

function officialTask(
  official: Official,
  runners: readonly string[],
  folder: string,
  request: MatrixRequest,
): Task {
  const { runner, file } = official;
  return {
    ...{ row: runner, runner, varied: [], seed: null, official: basename(file) },
    async run(title, placed) {
      const place = await placeOfficial(official, runners, folder, request);
      placed(place);
      request.progress.note(title);
      const result = await evaluateOfficial(place, request);
      return { cell: place.cell, config: place.config, key: place.key, folder: place.name, result };
    },
  };
}

async function runCell(
  place: Place,
  title: string,
  { device, progress, stop, fs }: MatrixRequest,
): Promise<CellOutcome> {
  const { cell, config, path } = place;
  const surroundings = { device, progress, stop, fs };
  const state = stateOf(path);
  if (state === "begun") progress.note(`${title}: goes on in ${path}`);
  if (state === "new") {
    progress.note(title);
    await makeFolder(path);
  }
  await writeCellRecord(path, cell, fs);
  if (state === "begun") await resumeTraining(path, surroundings);
  // What a kill left there before the first checkpoint is of no use.
  if (state === "new") {
    await runTraining({ ...surroundings, config, runFolder: path, overwrite: true });
  }
  return await outcomeOf(place);
}

function summaryOf({ result: { best, seconds } }: CellOutcome): string {
  const value = best?.metrics.roc_auc;
  const found = typeof value === "number" ? `ROC-AUC ${percent(value)} %` : "no ROC-AUC";
  return `${found} in ${seconds.toFixed(0)} s`;
}

function stopped(done: number, of: number): Error {
  return fault(
    Error,
    `Matrix stopped after ${done} of ${of} cells; the same command continues it`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
