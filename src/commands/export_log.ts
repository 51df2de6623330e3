/** `wsvad report --export`: the log of a run for other tools. */

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { eventFile, eventFileName } from "../io/tensorboard_events.ts";
import type { Tell } from "../progress.ts";
import { logCsv, logScalars } from "../report/log_export.ts";
import { readRun } from "../run_folder/read_run.ts";
import { EXPORTED_EVENTS, EXPORTED_TABLE, runFiles } from "../run_folder/run_files.ts";
import { forEachRun } from "./each_run.ts";

const EXPORTS = ["csv", "tensorboard"] as const;
export type LogExport = typeof EXPORTS[number];

export interface ExportedLog {
  run: string;
  /** The file that was written. */
  file: string;
}

/**
 * Writes the log of each run beside it: log.csv, or an event file in the folder tensorboard. One
 * that was exported before is replaced.
 *
 * @param out of one run alone: the CSV file, or the folder of the event file
 * @throws fault: no run, one without a line in its log, a file `out` that exists, unless
 *     `overwrite`
 */
export async function exportLogs(
  runs: readonly string[],
  form: LogExport,
  { out, overwrite = false, tell }: { out?: string; overwrite?: boolean; tell?: Tell } = {},
): Promise<ExportedLog[]> {
  if (out !== undefined && runs.length > 1) {
    throw fault(
      RangeError,
      `Cannot export the logs of ${runs.length} runs into "${out}": --out is for one; without it each lies in its run folder`,
    );
  }
  return await forEachRun(runs, async (folder) => {
    const { log, config } = await readRun(folder);
    const path = runFiles(folder).log;
    if (log.length === 0) {
      throw fault(RangeError, `Cannot export the log "${path}": it has no line yet`);
    }
    const weights = Object.fromEntries(
      config.runner.loss.map(({ name, weight }) => [name, weight]),
    );
    const replace = { overwrite: overwrite || out === undefined };
    if (form === "csv") {
      const file = out ?? join(folder, EXPORTED_TABLE);
      await writeWhole(file, logCsv(log, weights), replace);
      return { run: folder, file };
    }
    const into = out ?? join(folder, EXPORTED_EVENTS);
    mkdirSync(into, { recursive: true });
    // One name however often it is exported: TensorBoard shows all files of a folder together.
    const file = join(into, eventFileName(0, "wsvad"));
    const events = logScalars(log, weights, statSync(path).mtimeMs / 1000);
    await writeWhole(file, eventFile(events), replace);
    return { run: folder, file };
  }, tell);
}
