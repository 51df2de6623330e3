/**
 * `wsvad matrix`: runs the cells of a grid one after another, and writes the tables after each of
 * them.
 */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listGroup } from "../config/groups.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { fault, isFault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { pluginOverrides } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { type CellName, cellName, type Matrix, type OpenCell, percent } from "../report/matrix.ts";
import { renderMatrixLatex } from "../report/matrix_latex.ts";
import { renderMatrixMarkdown } from "../report/matrix_markdown.ts";
import { renderMatrixPage } from "../report/matrix_page.ts";
import { claimMatrixFolder, inFolder } from "../run_folder/claim_folder.ts";
import { tool } from "../tool.ts";
import { withLock } from "../run_folder/lock.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { resumeTraining, runTraining, type Surroundings } from "./run_training.ts";
import { withDictionary } from "./cell_dictionary.ts";
import { evaluateOfficial, type Official, placeOfficial, readOfficials } from "./official_cells.ts";
import { type CellOutcome, gatherMatrix, readCellResult } from "../launch/gather_matrix.ts";
import { type Cell, cellKey, type GridRequest, planCells } from "../launch/matrix_cells.ts";

export interface MatrixRequest extends Omit<GridRequest, "catalog" | "runners">, Surroundings {
  /** Absent: all there are, or none where checkpoints are named. */
  runners?: readonly string[];
  /** Imported checkpoints, which are evaluated without training: FILE, or NAME:FILE. */
  official?: readonly string[];
  /** Files of --plugin. */
  plugins?: readonly string[];
  /** Matrix folder: one that holds a matrix, or nothing, or is not there yet. */
  folder: string;
}

/** A matrix, and where its tables lie. */
export interface MatrixResult extends Matrix {
  folder: string;
  files: { json: string; markdown: string; latex: string; html: string };
}

/** A cell with the folder that its configuration leads to. */
interface Place {
  cell: Cell;
  config: ResolvedConfig;
  key: string;
  /** Relative to the matrix folder. */
  name: string;
  path: string;
}

/** A cell before its folder is known, and what it takes to fill it. */
interface Task extends CellName {
  run(title: string, placed: (place: Place) => void): Promise<CellOutcome>;
}

/**
 * Runs what is left of the grid. A finished cell is not run again, a begun one is continued. A cell
 * that fails is noted with its message, and the others go on.
 *
 * @throws fault: a folder that holds something else; settings that a runner refuses, before
 *   anything is run; another process that writes the folder; a stop; tables that cannot be written
 */
export async function runMatrix(request: MatrixRequest): Promise<MatrixResult> {
  const all = () => listGroup("runner", [...request.configDirs ?? []]).map(({ name }) => name);
  const { official = [], runners = official.length > 0 ? [] : all() } = request;
  const officials = await readOfficials(official, request.configDirs);
  return await inFolder(
    claimMatrixFolder(request.folder),
    () => withLock(request.folder, () => runGrid({ ...request, runners }, officials)),
  );
}

async function runGrid(
  request: MatrixRequest & Pick<GridRequest, "runners">,
  officials: readonly Official[],
): Promise<MatrixResult> {
  const { runners, seeds, settings, configDirs, progress, stop, fs } = request;
  const own = [...settings];
  for (const runner of runners) {
    const { plugins } = request;
    const named = await pluginOverrides({ plugins, runner, overrides: settings, configDirs });
    for (const override of named) own.push(`${runner}:${override}`);
  }
  const untrained = officials.map(({ runner }) => runner);
  const grid = { runners, seeds, settings: own, untrained, configDirs, catalog: registry };
  const trained = planCells(grid);
  const folder = resolve(request.folder);
  const tasks: Task[] = [
    ...officials.map((official) =>
      officialTask(official, [...runners, ...untrained], folder, request)
    ),
    ...trained.map((cell) => trainingTask(cell, folder, request)),
  ];
  const outcomes: CellOutcome[] = [];
  const failed: OpenCell[] = [];
  const about = {
    runners: [...runners],
    seeds: [...new Set(trained.flatMap(({ seed }) => seed ?? []))],
    official: officials.map(({ runner, file }) => `${runner}:${file}`),
    settings: [...settings],
  };
  const write = async () => {
    const waiting = tasks.slice(outcomes.length + failed.length).map((
      { runner, seed, official },
    ) => ({ runner, seed, official, key: null, folder: null, message: null }));
    const matrix = gatherMatrix(about, outcomes, failed, waiting);
    return { ...matrix, folder: request.folder, files: await writeTables(folder, matrix, fs) };
  };
  let result: MatrixResult | null = null;
  for (const [i, task] of tasks.entries()) {
    const title = `cell ${i + 1} of ${tasks.length}: ${cellName(task)}`;
    let place = null as Place | null;
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
      const { runner, seed, official } = task;
      const [key, folder] = [place?.key ?? null, place?.name ?? null];
      failed.push({ runner, seed, official, key, folder, message, bug });
      const told = bug ? `by a bug in ${tool.name} ${tool.version}: ${stackOf(error)}` : message;
      progress.note(`${title} failed${bug ? " " : ": "}${told}`);
    }
    result = await write();
    if (stop?.aborted && i + 1 < tasks.length) throw stopped(i + 1, tasks.length);
  }
  return result ?? await write();
}

function trainingTask(cell: Cell, folder: string, request: MatrixRequest): Task {
  return {
    ...cell,
    async run(title, placed) {
      const place = await placeOf(cell, folder, request);
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
  return {
    ...{ runner: official.runner, seed: null, official: basename(official.file) },
    async run(title, placed) {
      const place = await placeOfficial(official, runners, folder, request);
      placed(place);
      request.progress.note(title);
      const result = await evaluateOfficial(place, request);
      return { cell: place.cell, config: place.config, key: place.key, folder: place.name, result };
    },
  };
}

async function placeOf(cell: Cell, folder: string, request: MatrixRequest): Promise<Place> {
  const config = await withDictionary(cell.config, folder, request.progress);
  const key = await cellKey(config, folder);
  const runner = config.runner.name.replace(/[^A-Za-z0-9._-]+/g, "_");
  const name = join("cells", `${runner}-seed${cell.seed}-${key}`);
  return { cell, config, key, name, path: join(folder, name) };
}

async function runCell(
  { cell, config, key, name, path }: Place,
  title: string,
  { device, progress, stop, fs }: MatrixRequest,
): Promise<CellOutcome> {
  const files = runFiles(path);
  const surroundings = { device, progress, stop, fs };
  if (!existsSync(files.result) || !existsSync(files.report)) {
    if (existsSync(files.last)) {
      progress.note(`${title}: goes on in ${path}`);
      await resumeTraining(path, surroundings);
    } else {
      progress.note(title);
      await makeFolder(path);
      // What a kill left there before the first checkpoint is of no use.
      await runTraining({ ...surroundings, config, runFolder: path, overwrite: true });
    }
  }
  return { cell, config, key, folder: name, result: await readCellResult(files.result) };
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

async function writeTables(
  folder: string,
  matrix: Matrix,
  fs: Surroundings["fs"],
): Promise<MatrixResult["files"]> {
  const files = {
    json: join(folder, "matrix.json"),
    markdown: join(folder, "matrix.md"),
    latex: join(folder, "matrix.tex"),
    html: join(folder, "matrix.html"),
  };
  const texts = {
    json: JSON.stringify(matrix, null, 1) + "\n",
    markdown: renderMatrixMarkdown(matrix),
    latex: renderMatrixLatex(matrix),
    html: renderMatrixPage(matrix),
  };
  for (const name of ["json", "markdown", "latex", "html"] as const) {
    await writeWhole(files[name], texts[name], { overwrite: true, fs });
  }
  return files;
}
