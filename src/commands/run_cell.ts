/** `wsvad matrix --cell`: one cell that a matrix laid out, as the task of a launcher. */

import { fault, isFault } from "../fault.ts";
import { readCellRecord } from "../launch/cell_record.ts";
import {
  belowMedian,
  clearStopped,
  readStopped,
  type StoppedCell,
  writeStopped,
} from "../launch/median_stop.ts";
import { clearFailure, writeFailure } from "../launch/task_log.ts";
import { readLog } from "../run_folder/log.ts";
import { runFiles, whyNoRun } from "../run_folder/run_files.ts";
import { stateOf } from "./matrix_places.ts";
import type { Surroundings } from "./opened_run.ts";
import { resumeTraining } from "./resume_training.ts";
import { TrainingStopped } from "./run_result.ts";

/**
 * Trains the cell from its start or from its last checkpoint; one that is finished stays as it is.
 * Why it fails is kept in its folder, for the matrix.
 *
 * @throws fault: no cell there, or as `wsvad train --resume`
 */
export async function runLaidCell(folder: string, surroundings: Surroundings): Promise<void> {
  const found = whyNoRun(folder);
  if (found !== null) {
    throw fault(
      Error,
      `Cannot run the cell "${folder}": ${found}; name a folder below cells/ that wsvad matrix laid out`,
    );
  }
  if (stateOf(folder) === "finished") return;
  await clearFailure(folder);
  try {
    await trainCell(folder, surroundings, (own) => resumeTraining(folder, own));
  } catch (error) {
    if (!surroundings.stop?.aborted) {
      const message = error instanceof Error ? error.message : String(error);
      await writeFailure(folder, { message, bug: !isFault(error) });
    }
    throw error;
  }
}

/**
 * Trains a cell that is laid out, until its rule stops it. One that was stopped stays so under a
 * rule, and goes on without one.
 *
 * @param train begins or resumes the run
 * @returns why it was stopped; null where it was trained to its end
 * @throws fault: as the training
 */
export async function trainCell(
  folder: string,
  surroundings: Surroundings,
  train: (surroundings: Surroundings) => Promise<unknown>,
): Promise<StoppedCell | null> {
  const rule = (await readCellRecord(folder))?.rule ?? null;
  if (rule === null) {
    await clearStopped(folder);
    await train(surroundings);
    return null;
  }
  let why = await readStopped(folder);
  if (why !== null) return why;
  // A kill may have come between an evaluation and its consequence.
  for (const line of (await readLog(runFiles(folder).log)).lines) {
    if (line.kind === "eval") why ??= belowMedian(rule, line.step, line.metrics);
  }
  if (why === null) {
    const below = new AbortController();
    const stop = surroundings.stop === undefined
      ? below.signal
      : AbortSignal.any([surroundings.stop, below.signal]);
    const onEvaluated: Surroundings["onEvaluated"] = (step, metrics) => {
      why ??= belowMedian(rule, step, metrics);
      if (why !== null) below.abort();
    };
    try {
      await train({ ...surroundings, stop, onEvaluated });
    } catch (error) {
      if (why === null || !(error instanceof TrainingStopped)) throw error;
    }
  }
  if (why !== null) await writeStopped(folder, why);
  return why;
}
