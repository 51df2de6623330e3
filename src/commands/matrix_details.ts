/** Curves and differences of the rows of a matrix, from the folders of their cells. */

import { join } from "node:path";
import { isFault } from "../fault.ts";
import type { FinishedCell, MatrixGroup } from "../report/matrix.ts";
import type { RowDetails } from "../report/matrix_sections.ts";
import { type ReadRun, readRun } from "../run_folder/read_run.ts";
import { comparedRun } from "./run_compare.ts";

/**
 * For each row one of its cells, compared with the first row: that of the first row's seed where it
 * has one, else its first. Null where nothing was trained, or its folder is not read.
 */
export async function detailsOf(
  { rows }: MatrixGroup,
  folder: string,
): Promise<(RowDetails | null)[]> {
  const runOf = async ({ folder: name }: FinishedCell): Promise<ReadRun | null> => {
    try {
      return await readRun(join(folder, name));
    } catch (error) {
      if (!isFault(error)) throw error;
      return null;
    }
  };
  const trained = rows.map(({ cells }) => cells.filter(({ official }) => official === null));
  const [base] = trained[0];
  const first = base === undefined ? null : await runOf(base);
  const found: (RowDetails | null)[] = [];
  for (const cells of trained) {
    const cell = cells.find(({ seed }) => seed === base?.seed) ?? cells[0];
    const run = cell === base ? first : cell === undefined ? null : await runOf(cell);
    found.push(
      run === null ? null : { seed: cell.seed, run: comparedRun(run, first ?? run) },
    );
  }
  return found;
}
