/** `wsvad train` from the start. */

import { dumpConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { withLock } from "../run_folder/lock.ts";
import { clearRunFolder, discardBeginning, runFiles } from "../run_folder/run_files.ts";
import { truncateLog } from "../run_folder/log.ts";
import { type RunResult, trainToEnd } from "./run_result.ts";
import { writeRunFacts } from "./run_facts.ts";
import type { Surroundings } from "./opened_run.ts";
import { keepFrozen, openRun } from "./open_run.ts";
import { requireRunnable } from "./training_requirements.ts";
import { tellOpening } from "./opening_line.ts";

export interface TrainingRequest extends Surroundings {
  config: ResolvedConfig;
  /** Exists already; empty unless `overwrite`. */
  runFolder: string;
  overwrite: boolean;
}

/**
 * Trains from the start.
 *
 * @throws fault: slots that do not fit, data that cannot be used, what does not fit into memory, a
 *   loss that is not finite, a file that cannot be written, another process that writes the folder
 */
export async function runTraining(request: TrainingRequest): Promise<RunResult> {
  return await withLock(request.runFolder, () => trainFromStart(request));
}

async function trainFromStart(request: TrainingRequest): Promise<RunResult> {
  const files = runFiles(request.runFolder);
  const text = new TextEncoder().encode(dumpConfig(request.config));
  const fileValues = await requireRunnable(request.config);
  const run = await openRun(request.config, files, request);
  try {
    for (const value of fileValues) run.model.parameters.place(value);
    if (request.overwrite) await clearRunFolder(files, request.fs);
    await writeWhole(files.config, text, { overwrite: request.overwrite, fs: request.fs });
    await keepFrozen(run);
    await truncateLog(files.log, -1, request.fs);
    await writeRunFacts(run);
    tellOpening(run);
    return await trainToEnd(run);
  } catch (error) {
    if (run.trainer.state.step === 0) await discardBeginning(files, request.fs);
    throw error;
  } finally {
    await run.close();
  }
}
