/** The cells of a matrix as tasks: processes of this machine, or an array of Slurm. */

import { resolve } from "node:path";
import { existsSync } from "node:fs";
import { dumpConfig } from "../config/resolve_config.ts";
import type { DeviceOptions } from "../device/device.ts";
import { isFault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { writeCellRecord } from "../launch/cell_record.ts";
import { type ProcessEnd, runProcesses } from "../launch/local_processes.ts";
import type { Cell } from "../launch/matrix_cells.ts";
import { ownCommand } from "../launch/own_command.ts";
import { shellWord } from "../launch/shell_word.ts";
import { type ArrayJob, SlurmArrays, type Submitted } from "../launch/slurm_arrays.ts";
import type { SlurmPlace } from "../launch/slurm_queue.ts";
import type { SlurmOptions } from "../launch/slurm_script.ts";
import { comparedWith, readStopped, ruleOf, stoppedText } from "../launch/median_stop.ts";
import { clearFailure, logTail, readFailure, taskLog } from "../launch/task_log.ts";
import { cellName } from "../report/matrix.ts";
import { dropLockOfJob } from "../run_folder/lock.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { type MatrixBook, type MatrixResult, stopped, summaryOf } from "./matrix_book.ts";
import { type MatrixGrid, planGrid } from "./matrix_grid.ts";
import { metricOf, outcomeOf, type Place, placeOf, stateOf } from "./matrix_places.ts";
import type { Surroundings } from "./opened_run.ts";

/** Who runs the tasks. */
export type Launcher =
  | { kind: "local"; parallel: number; command?: readonly string[] }
  | { kind: "slurm"; options: SlurmOptions; place: SlurmPlace };

export interface LaunchRequest extends MatrixGrid, Surroundings {
  launcher: Launcher;
  /** Whether cells below the median of others are stopped. */
  median?: boolean;
}

/** What a launcher that does not wait has done. */
export interface LaunchedCells {
  submitted: Submitted[];
  /** Cells that waited or ran already. */
  queued: number;
}

/** A cell that is left to run, under all of its places in the grid. */
interface Left {
  place: Place;
  at: number[];
  args: string[];
  log: string;
}

/**
 * Runs the cells that are left, or submits them.
 *
 * @param first place of the first of them in the book
 * @throws fault: a stop; Slurm that refuses
 */
export async function launchCells(
  cells: readonly Cell[],
  first: number,
  book: MatrixBook,
  request: LaunchRequest,
): Promise<MatrixResult & Partial<LaunchedCells>> {
  const left = await layOut(cells, first, book, request);
  const of = first + cells.length;
  const { launcher } = request;
  if (launcher.kind === "slurm") return await submitCells(left, book, request.device, launcher);
  await book.write();
  const compared = comparedWith(cells.map(({ row }) => row));
  await runLocally(left, of, book, request, {
    ...launcher,
    comparedWith: (at) => compared[at - first].map((other) => other + first),
  });
  return await book.write({ last: true });
}

/** Lays out the folders of the cells that are not finished; each folder once. */
async function layOut(
  cells: readonly Cell[],
  first: number,
  book: MatrixBook,
  request: LaunchRequest,
): Promise<Left[]> {
  const folder = resolve(request.folder);
  const left = new Map<string, Left>();
  for (const [i, cell] of cells.entries()) {
    const at = first + i;
    let place: Place | null = null;
    try {
      place = await placeOf(cell, folder, request.progress);
      const { path, config } = place;
      if (stateOf(path) === "finished") {
        book.finish(at, await outcomeOf(place));
        continue;
      }
      const own = left.get(path);
      if (own !== undefined) {
        own.at.push(at);
        continue;
      }
      await makeFolder(path);
      await writeCellRecord(path, cell, null, request.fs);
      const { config: settings } = runFiles(path);
      if (!existsSync(settings)) {
        await writeWhole(settings, dumpConfig(config), { overwrite: false, fs: request.fs });
      }
      const args = ["matrix", "--cell", path, ...deviceArgs(request.device)];
      left.set(path, { place, at: [at], args, log: taskLog(path) });
    } catch (error) {
      if (!isFault(error)) throw error;
      const where = { key: place?.key ?? null, folder: place?.name ?? null };
      book.fail(at, { ...where, message: error.message, bug: false });
    }
  }
  return [...left.values()];
}

/** Options of the device for a task; its threads are the launcher's business. */
function deviceArgs({ device, gpuMemory, blas }: DeviceOptions): string[] {
  return [
    ...device === undefined ? [] : ["--device", device],
    ...gpuMemory === undefined ? [] : ["--gpu-memory", `${gpuMemory / 2 ** 20}MB`],
    ...blas === undefined ? [] : ["--blas", blas],
  ];
}

async function runLocally(
  left: readonly Left[],
  of: number,
  book: MatrixBook,
  { progress, stop, device, median = false, fs }: LaunchRequest,
  { parallel, command, comparedWith: others }: Extract<Launcher, { kind: "local" }> & {
    /** Places of the cells with which a cell is compared. */
    comparedWith(at: number): number[];
  },
): Promise<void> {
  const ends = new Map(left.flatMap(({ at }) => {
    const end = Promise.withResolvers<void>();
    return at.map((place) => [place, end] as const);
  }));
  // Those that wait for others' ends are then started no more, and neither do these end.
  const endAll = () => ends.forEach(({ resolve }) => resolve());
  stop?.addEventListener("abort", endAll, { once: true });
  const title = ({ place, at }: Left) => `cell ${at[0] + 1} of ${of}: ${cellName(place.cell)}`;
  await runProcesses(left, {
    ...{ parallel, threads: device.threads, stop, command },
    async onStart(task) {
      if (median) {
        const { cell, config, path } = task.place;
        const compared = others(task.at[0]);
        // They come earlier in the list, so they have begun.
        await Promise.all(compared.map((at) => ends.get(at)?.promise));
        if (stop?.aborted) return;
        const folders = compared.flatMap((at) => book.folderOf(at) ?? []);
        await writeCellRecord(path, cell, await ruleOf(folders, metricOf(config)), fs);
      }
      const again = stateOf(task.place.path) === "begun";
      progress.note(`${title(task)}${again ? `: goes on in ${task.place.path}` : ""}`);
    },
    async onEnd(task, end) {
      if (stateOf(task.place.path) === "finished") {
        const outcome = await outcomeOf(task.place);
        for (const at of task.at) book.finish(at, outcome);
        progress.note(`${title(task)}: ${summaryOf(outcome)}`);
      } else if (median && await readStopped(task.place.path) !== null) {
        const why = (await readStopped(task.place.path))!;
        for (const at of task.at) book.stop(at, task.place, why);
        progress.note(`${title(task)}: stopped at ${stoppedText(why)}`);
      } else if (!stop?.aborted) {
        const message = await failOf(task, book, endOf(end));
        progress.note(`${title(task)} failed: ${message}`);
      }
      await book.write();
      ends.get(task.at[0])!.resolve();
    },
  });
  if (!stop?.aborted || book.ended === of) return;
  await book.write({ last: true });
  throw stopped(book.ended, of);
}

function endOf({ code, signal }: ProcessEnd): string {
  return signal === null ? `its process ended with code ${code}` : `its process ended by ${signal}`;
}

/** Notes that a task left no result, with what it said of it. */
async function failOf({ place, at, log }: Left, book: MatrixBook, otherwise: string) {
  const said = await readFailure(place.path);
  const { message, bug } = said ?? { message: otherwise, bug: false };
  const lines = (await logTail(log)).filter((line) => line !== message);
  const about = { key: place.key, folder: place.name, message, bug, log: lines };
  for (const index of at) book.fail(index, about);
  return message;
}

async function submitCells(
  left: readonly Left[],
  book: MatrixBook,
  device: DeviceOptions,
  { options, place }: Extract<Launcher, { kind: "slurm" }>,
): Promise<MatrixResult & LaunchedCells> {
  const arrays = new SlurmArrays(resolve(book.folder), place);
  const queued = await arrays.queued();
  const free = left.filter((task) => !queued.has(task.place.name));
  for (const task of free) {
    if (existsSync(task.log)) await failOf(task, book, "its task ended without a result");
    // The job that held it is not there any more, whatever became of its host.
    dropLockOfJob(task.place.path, new Set(queued.values()));
    await clearFailure(task.place.path);
  }
  const tasks = free.map((task) => task.place.name);
  const submitted = await arrays.submit(tasks, cellJob(book.folder, device), options);
  return { ...await book.write({ last: true }), submitted, queued: left.length - free.length };
}

/**
 * The scripts that a Slurm launcher would submit; nothing is written.
 *
 * @throws fault: settings that a row refuses; Slurm that does not answer
 */
export async function matrixScripts(
  request: MatrixGrid & { device: DeviceOptions },
  { options, place }: Extract<Launcher, { kind: "slurm" }>,
): Promise<string[]> {
  const folder = resolve(request.folder);
  const names = new Set<string>();
  for (const cell of (await planGrid(request)).cells) {
    const { name, path } = await placeOf(cell, folder, null);
    if (stateOf(path) !== "finished") names.add(name);
  }
  const arrays = new SlurmArrays(folder, place);
  const queued = await arrays.queued();
  const tasks = [...names].filter((name) => !queued.has(name));
  return arrays.scripts(tasks, cellJob(request.folder, request.device), options);
}

/** The task of a cell: "$task" is its folder below the matrix folder. */
function cellJob(folder: string, device: DeviceOptions): ArrayJob {
  const home = resolve(folder);
  const cell = `${shellWord(home)}/"$task"`;
  const words = (list: readonly string[]) => list.map(shellWord).join(" ");
  const options = words(deviceArgs(device));
  return {
    about: `Cells of the matrix ${home}, as wsvad matrix --launcher slurm wrote it`,
    cwd: Deno.cwd(),
    log: `${cell}/task.log`,
    command: `${words([...ownCommand(), "matrix", "--cell"])} ${cell}${
      options === "" ? "" : ` ${options}`
    } --threads "$WSVAD_THREADS"`,
  };
}
