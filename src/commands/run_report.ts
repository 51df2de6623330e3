/** `wsvad report`: the page of a run, made again from its folder alone. */

import { existsSync } from "node:fs";
import { fault, isFault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { readSafetensors } from "../io/safetensors.ts";
import type { Tell } from "../progress.ts";
import { reportOfFolder, type Standing } from "../report/report_of_folder.ts";
import { renderRunReport } from "../report/run_report.ts";
import { STATE_KEY } from "../run_folder/checkpoint.ts";
import { isWritten } from "../run_folder/lock.ts";
import { type ReadRun, readRun } from "../run_folder/read_run.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { forEachRun } from "./each_run.ts";

export interface WrittenReport {
  run: string;
  report: string;
}

/**
 * Writes report.html of each run anew, or the page of one run into another file. A run whose page
 * cannot be made keeps none of the others from theirs.
 *
 * @param out the other file; of one run alone
 * @throws fault: no run; a file of it that is damaged or of a form that this version cannot read; a
 *   file `out` that exists, unless `overwrite`
 */
export async function writeReports(
  runs: readonly string[],
  { out, overwrite = false, tell }: { out?: string; overwrite?: boolean; tell?: Tell } = {},
): Promise<WrittenReport[]> {
  if (out !== undefined && runs.length > 1) {
    throw fault(
      RangeError,
      `Cannot write the reports of ${runs.length} runs into "${out}": --out is for one; without it each run gets its own report.html`,
    );
  }
  return await forEachRun(runs, async (folder) => {
    const run = await readRun(folder);
    const page = renderRunReport(reportOfFolder(run, await standingOf(run)));
    const report = out ?? runFiles(folder).report;
    await writeWhole(report, page, { overwrite: overwrite || out === undefined });
    return { run: folder, report };
  }, tell);
}

/** Steps are done that the log does not have yet: the checkpoint knows them. */
async function standingOf({ folder, log }: ReadRun): Promise<Standing> {
  const step = Math.max(log.at(-1)?.step ?? 0, await checkpointStep(runFiles(folder).last));
  return { step, running: isWritten(folder) };
}

async function checkpointStep(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  try {
    const { metadata } = await readSafetensors(path, () => false);
    return JSON.parse(metadata[STATE_KEY] ?? "{}").step ?? 0;
  } catch (error) {
    // A checkpoint that is damaged is told by who goes on from it.
    if (isFault(error) || error instanceof SyntaxError) return 0;
    throw error;
  }
}
