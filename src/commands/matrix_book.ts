/** What a matrix knows of its cells while they are run, and its tables made of it. */

import { resolve } from "node:path";
import { fault } from "../fault.ts";
import { type CellOutcome, gatherMatrix } from "../launch/gather_matrix.ts";
import type { FileSystem } from "../io/file_system.ts";
import { type Progress, warn } from "../progress.ts";
import { type CellName, type Matrix, type OpenCell, percent } from "../report/matrix.ts";
import type { RowDetails } from "../report/matrix_sections.ts";
import { keptCells } from "./kept_cells.ts";
import type { Place } from "./matrix_places.ts";
import { type StoppedCell, stoppedText } from "../launch/median_stop.ts";
import { detailsOf } from "./matrix_details.ts";
import { type MatrixFiles, writeTables } from "./matrix_tables.ts";

/** A matrix, and where its tables lie. */
export interface MatrixResult extends Matrix {
  folder: string;
  files: MatrixFiles;
}

export interface BookRequest {
  about: Pick<Matrix, "runners" | "seeds" | "official" | "settings">;
  /** Matrix folder, as the user named it. */
  folder: string;
  /** All cells of the grid, in its order. */
  cells: readonly CellName[];
  /** Names of their folders. */
  names: readonly string[];
  progress: Progress;
  fs?: FileSystem;
}

export class MatrixBook {
  readonly #request: BookRequest;
  readonly #kept: CellOutcome[];
  readonly #outcomes = new Map<number, CellOutcome>();
  readonly #failed = new Map<number, OpenCell>();
  readonly #stopped = new Map<number, OpenCell>();
  #written: Promise<MatrixResult> | null = null;

  private constructor(request: BookRequest, kept: CellOutcome[]) {
    this.#request = request;
    this.#kept = kept;
  }

  /** Opens the book of a matrix folder, with the finished cells that it has beside the grid. */
  static async open(request: BookRequest): Promise<MatrixBook> {
    const { cells, warnings } = await keptCells(resolve(request.folder), new Set(request.names));
    for (const warning of warnings) warn(request.progress, warning);
    return new MatrixBook(request, cells);
  }

  /** Matrix folder, as the user named it. */
  get folder(): string {
    return this.#request.folder;
  }

  /** How many cells have ended, well or not. */
  get ended(): number {
    return this.#outcomes.size + this.#failed.size + this.#stopped.size;
  }

  /** Folder of a cell that was trained to its end; null of another. */
  folderOf(index: number): string | null {
    const outcome = this.#outcomes.get(index);
    return outcome === undefined ? null : resolve(this.folder, outcome.folder);
  }

  finish(index: number, outcome: CellOutcome): void {
    this.#outcomes.set(index, outcome);
    this.#failed.delete(index);
  }

  /** Notes a cell that the median has stopped. */
  stop(index: number, { key, name }: Pick<Place, "key" | "name">, why: StoppedCell): void {
    const about = { key, folder: name, message: stoppedText(why) };
    this.#stopped.set(index, { ...nameOf(this.#request.cells[index]), ...about });
  }

  fail(index: number, why: Omit<OpenCell, keyof CellName>): void {
    this.#failed.set(index, { ...nameOf(this.#request.cells[index]), ...why });
  }

  /**
   * Writes the tables, one after the other where several cells end at once.
   *
   * @param last for now no further cells end: the page gets its curves and differences, which take
   *   longer
   */
  write({ last = false } = {}): Promise<MatrixResult> {
    const before = this.#written;
    this.#written = (async () => {
      await before?.catch(() => {}); // was thrown where it was asked for
      return await this.#write(last);
    })();
    return this.#written;
  }

  async #write(last: boolean): Promise<MatrixResult> {
    const { about, folder, cells, fs } = this.#request;
    const waiting = cells.flatMap((cell, i) =>
      this.#outcomes.has(i) || this.#failed.has(i) || this.#stopped.has(i)
        ? []
        : [{ ...nameOf(cell), key: null, folder: null, message: null }]
    );
    const inOrder = <T>(map: Map<number, T>) =>
      [...map].sort(([a], [b]) => a - b).map(([, value]) => value);
    const outcomes = inOrder(this.#outcomes);
    const matrix = gatherMatrix(
      about,
      outcomes,
      inOrder(this.#failed),
      waiting,
      inOrder(this.#stopped),
      this.#kept,
    );
    const home = resolve(folder);
    const details: (RowDetails | null)[][] = [];
    if (last) { for (const group of matrix.groups) details.push(await detailsOf(group, home)); }
    return { ...matrix, folder, files: await writeTables(folder, matrix, { fs, details }) };
  }
}

function nameOf({ row, runner, varied, seed, official }: CellName): CellName {
  return { row, runner, varied, seed, official };
}

/** `ROC-AUC 99.12 % in 12 s` */
export function summaryOf({ result: { best, seconds } }: CellOutcome): string {
  const value = best?.metrics.roc_auc;
  const found = typeof value === "number" ? `ROC-AUC ${percent(value)} %` : "no ROC-AUC";
  return `${found} in ${seconds.toFixed(0)} s`;
}

/** The end of a matrix that was asked to stop. */
export function stopped(done: number, of: number): Error {
  return fault(
    Error,
    `Matrix stopped after ${done} of ${of} cells; the same command continues it`,
  );
}
