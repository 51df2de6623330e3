/**
 * `wsvad matrix`: runs the cells of a grid, here or by a launcher, and writes the tables after each
 * of them.
 */

import { basename, resolve } from "node:path";
import { isFault } from "../fault.ts";
import { makeFolder } from "../io/file_system.ts";
import { writeCellRecord } from "../launch/cell_record.ts";
import type { CellOutcome } from "../launch/gather_matrix.ts";
import type { Cell } from "../launch/matrix_cells.ts";
import { comparedWith, ruleOf, type StoppedCell, stoppedText } from "../launch/median_stop.ts";
import { clearFailure } from "../launch/task_log.ts";
import { type CellName, cellName } from "../report/matrix.ts";
import { claimMatrixFolder, inFolder } from "../run_folder/claim_folder.ts";
import { withLock } from "../run_folder/lock.ts";
import { tool } from "../tool.ts";
import { launchCells, type LaunchedCells, type Launcher } from "./launch_matrix.ts";
import { trainCell } from "./run_cell.ts";
import { MatrixBook, type MatrixResult, stopped, summaryOf } from "./matrix_book.ts";
import { type Grid, type MatrixGrid, openingOf, planGrid } from "./matrix_grid.ts";
import { metricOf, outcomeOf, type Place, placeOf, stateOf } from "./matrix_places.ts";
import { evaluateOfficial, type Official, placeOfficial } from "./official_cells.ts";
import type { Surroundings } from "./opened_run.ts";
import { resumeTraining } from "./resume_training.ts";
import { runTraining } from "./run_training.ts";

export interface MatrixRequest extends MatrixGrid, Surroundings {
  /** Absent: one cell after the other in this process. */
  launcher?: Launcher;
  /** Whether cells below the median of others are stopped. */
  median?: boolean;
}

/** A cell before its folder is known, and what it takes to fill it. */
interface Task extends CellName {
  run(
    title: string,
    placed: (place: Pick<Place, "key" | "name">) => void,
  ): Promise<CellOutcome | StoppedCell>;
}

/**
 * Runs what is left of the grid. A finished cell is not run again, a begun one is continued. A cell
 * that fails is noted with its message, and the others go on.
 *
 * @throws fault: a folder that holds something else; settings that a row refuses, before anything
 *   is run; another process that writes the folder; a stop; tables that cannot be written
 */
export async function runMatrix(
  request: MatrixRequest,
): Promise<MatrixResult & Partial<LaunchedCells>> {
  const grid = await planGrid(request);
  return await inFolder(
    claimMatrixFolder(request.folder),
    () => withLock(request.folder, () => runGrid(request, grid)),
  );
}

async function runGrid(
  request: MatrixRequest,
  grid: Grid,
): Promise<MatrixResult & Partial<LaunchedCells>> {
  const { settings, progress, fs, launcher } = request;
  const folder = resolve(request.folder);
  const { rows, cells, officials } = grid;
  const planned: Place[] = [];
  for (const cell of cells) planned.push(await placeOf(cell, folder, null));
  progress.note(openingOf(grid, planned.map(({ path }) => path)));
  const methods = [...rows, ...officials].map(({ runner }) => runner);
  const imported = officials.map((official) => officialTask(official, methods, folder, request));
  const compared = comparedWith(cells.map(({ row }) => row));
  const trained = cells.map((cell, i) =>
    trainingTask(cell, compared[i].map((other) => planned[other].path), folder, request)
  );
  const book = await MatrixBook.open({
    about: {
      runners: rows.map(({ name }) => name),
      seeds: [...new Set(cells.flatMap(({ seed }) => seed ?? []))],
      official: officials.map(({ runner, file }) => `${runner}:${file}`),
      settings: [...settings],
    },
    folder: request.folder,
    cells: [...imported, ...trained],
    names: planned.map(({ name }) => name),
    ...{ progress, fs },
  });
  const here = launcher === undefined ? [...imported, ...trained] : imported;
  await runHere(here, imported.length + trained.length, book, request);
  if (launcher === undefined) return await book.write({ last: true });
  return await launchCells(cells, imported.length, book, { ...request, launcher });
}

/** One cell after the other. */
async function runHere(
  tasks: readonly Task[],
  of: number,
  book: MatrixBook,
  { progress, stop }: MatrixRequest,
): Promise<void> {
  for (const [i, task] of tasks.entries()) {
    const title = `cell ${i + 1} of ${of}: ${cellName(task)}`;
    let place = null as Pick<Place, "key" | "name"> | null;
    try {
      const outcome = await task.run(title, (found) => place = found);
      if ("result" in outcome) {
        book.finish(i, outcome);
        progress.note(`${title}: ${summaryOf(outcome)}`);
      } else {
        book.stop(i, place!, outcome);
        progress.note(`${title}: stopped at ${stoppedText(outcome)}`);
      }
    } catch (error) {
      progress.stop();
      if (stop?.aborted) {
        await book.write({ last: true });
        throw stopped(book.ended, of);
      }
      const message = messageOf(error);
      const bug = !isFault(error);
      book.fail(i, { key: place?.key ?? null, folder: place?.name ?? null, message, bug });
      const told = bug ? `by a bug in ${tool.name} ${tool.version}: ${stackOf(error)}` : message;
      progress.note(`${title} failed${bug ? " " : ": "}${told}`);
    }
    if (i + 1 < tasks.length) await book.write({ last: stop?.aborted });
    if (stop?.aborted && i + 1 < of) throw stopped(book.ended, of);
  }
}

function trainingTask(
  cell: Cell,
  compared: readonly string[],
  folder: string,
  request: MatrixRequest,
): Task {
  return {
    ...cell,
    async run(title, placed) {
      const place = await placeOf(cell, folder, request.progress);
      placed(place);
      return await runCell(place, compared, title, request);
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
  compared: readonly string[],
  title: string,
  { device, progress, stop, fs, median = false }: MatrixRequest,
): Promise<CellOutcome | StoppedCell> {
  const { cell, config, path } = place;
  const surroundings = { device, progress, stop, fs };
  const state = stateOf(path);
  if (state === "begun") progress.note(`${title}: goes on in ${path}`);
  if (state === "new") {
    progress.note(title);
    await makeFolder(path);
  }
  const rule = median ? await ruleOf(compared, metricOf(config)) : null;
  await writeCellRecord(path, cell, rule, fs);
  await clearFailure(path);
  const why = state === "finished"
    ? null
    : await trainCell(path, surroundings, (own) =>
      state === "begun"
        ? resumeTraining(path, own)
        // What a kill left there before the first checkpoint is of no use.
        : runTraining({ ...own, config, runFolder: path, overwrite: true }));
  return why ?? await outcomeOf(place);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
