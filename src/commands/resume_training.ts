/** `wsvad train --resume`: a run goes on from its last checkpoint. */

import { existsSync } from "node:fs";
import { loadResolvedConfig, parseResolvedConfig, sameNumbers } from "../config/resolve_config.ts";
import { readSettings } from "../config/groups.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { DataNotFound } from "../data/data_paths.ts";
import { fault, isFault } from "../fault.ts";
import { removeStaleTemporaries } from "../io/atomic_write.ts";
import { loadPluginsOfRun } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { readCheckpoint, uncheckedRemark } from "../run_folder/checkpoint.ts";
import { withLock } from "../run_folder/lock.ts";
import { FROZEN_KEY, readFrozen } from "../run_folder/frozen_weights.ts";
import { CONFIG_KEY, DEVICE_KEY, RECIPE_KEY } from "../run_folder/load_checkpoint.ts";
import { type RunFiles, runFiles, whyNoRun } from "../run_folder/run_files.ts";
import { truncateLog } from "../run_folder/log.ts";
import { type RunResult, trainToEnd } from "./run_result.ts";
import { writeRunFacts } from "./run_facts.ts";
import type { Run, Surroundings } from "./opened_run.ts";
import { keepFrozen, openRun } from "./open_run.ts";
import { requireRunnable } from "./training_requirements.ts";
import { tellOpening } from "./opening_line.ts";

/** How a run goes on. */
export interface Resumption extends Surroundings {
  /** Settings that say where the data lie now. */
  overrides?: string[];
  /** Files of --plugin: where plugins of the run are now. */
  plugins?: string[];
}

/**
 * Continues a run from its last checkpoint, bit for bit, with `overrides` that say where the data
 * lie now; one that was killed before its first checkpoint begins again. A run that is complete has
 * its result and report written again.
 *
 * @throws fault when the folder holds no run, or as `runTraining`
 */
export async function resumeTraining(
  runFolder: string,
  surroundings: Resumption,
): Promise<RunResult> {
  const files = runFiles(runFolder);
  const began = existsSync(files.last);
  // Weights alone are somebody's own: a run that began over them would replace them.
  const found = whyNoRun(runFolder) ??
    (!began && existsSync(files.best) ? "no last.safetensors in it" : null);
  if (found !== null) {
    throw fault(
      Error,
      `Cannot resume "${runFolder}": ${found}; name the folder of a run that wsvad train began`,
    );
  }
  return await withLock(runFolder, () => continueRun(files, surroundings));
}

async function continueRun(
  files: RunFiles,
  surroundings: Resumption,
): Promise<RunResult> {
  const { overrides } = surroundings;
  await loadPluginsOfRun(readSettings(files.config), files.config, surroundings);
  const config = loadResolvedConfig(files.config, { catalog: registry, overrides });
  await removeStaleTemporaries(files.folder, surroundings.fs);
  const checkpoint = existsSync(files.last) ? await readCheckpoint(files.last) : null;
  const run = await openMoved(() => openRun(config, files, surroundings), files);
  try {
    if (checkpoint) {
      const frozen = await readFrozen(files.last, checkpoint.metadata);
      const weights = new Map([...checkpoint.weights, ...frozen]);
      const { [FROZEN_KEY]: hash } = checkpoint.metadata;
      if (hash !== undefined) run.metadata[FROZEN_KEY] = hash;
      // The features may have moved away from their record.
      const { [RECIPE_KEY]: recipe = run.metadata[RECIPE_KEY] } = checkpoint.metadata;
      if (recipe !== undefined) run.metadata[RECIPE_KEY] = recipe;
      const planned = plannedBy(checkpoint.metadata);
      await run.trainer.restore({ ...checkpoint, weights }, `"${files.last}"`, planned);
      run.warnings.push(...changesSince(checkpoint.metadata, run));
      const remark = uncheckedRemark(files.last, checkpoint.metadata);
      if (remark !== null) run.progress.note(remark);
    } else {
      for (const value of await requireRunnable(config)) run.model.parameters.place(value);
      await keepFrozen(run);
    }
    const { lines, warnings } = await truncateLog(
      files.log,
      run.trainer.state.step,
      surroundings.fs,
    );
    run.warnings.push(...warnings);
    run.secondsBefore = lines.reduce((sum, { seconds }) => sum + seconds, 0);
    await writeRunFacts(run);
    tellOpening(run);
    return await trainToEnd(run);
  } finally {
    await run.close();
  }
}

/**
 * The training settings of the run that wrote a checkpoint; null where this version cannot read
 * them.
 */
function plannedBy(metadata: Record<string, string>): ResolvedConfig["trainer"] | null {
  try {
    return parseResolvedConfig(metadata[CONFIG_KEY] ?? "", "", { catalog: registry }).trainer;
  } catch (error) {
    if (!isFault(error)) throw error;
    return null;
  }
}

/** Opens a run whose data may have moved since it began. */
async function openMoved(open: () => Promise<Run>, { folder, config }: RunFiles): Promise<Run> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DataNotFound)) throw error;
    throw fault(
      DataNotFound,
      `${error.message}; to go on, wsvad train --resume ${folder} data.root=DIR, or edit the paths under data: in "${config}"`,
      { cause: error },
    );
  }
}

/** What is no longer as the checkpoint knew it, and makes other numbers. */
function changesSince(metadata: Record<string, string>, { metadata: now, trainer }: Run): string[] {
  const changes: string[] = [];
  const from = `from step ${trainer.state.step} on`;
  if (metadata[DEVICE_KEY] !== now[DEVICE_KEY]) {
    changes.push(
      `the run was on ${metadata[DEVICE_KEY]}, ${from} it is on ${
        now[DEVICE_KEY]
      }: numbers may differ in their last bits from those of an uninterrupted run`,
    );
  }
  if (metadata.tool !== now.tool) {
    changes.push(
      `the run was made by ${metadata.tool ?? "an unnamed tool"}, ${from} by ${now.tool}: ` +
        "numbers may differ from those of an uninterrupted run",
    );
  }
  if (!sameNumbers(metadata[CONFIG_KEY] ?? "", now[CONFIG_KEY])) {
    changes.push(`config.yaml is not that of the checkpoint: ${from} the run follows config.yaml`);
  }
  return changes;
}
