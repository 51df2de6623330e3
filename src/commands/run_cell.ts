/** `wsvad matrix --cell`: one cell that a matrix laid out, as the task of a launcher. */

import { existsSync } from "node:fs";
import { fault, isFault } from "../fault.ts";
import { clearFailure, writeFailure } from "../launch/task_log.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { stateOf } from "./matrix_places.ts";
import { resumeTraining, type Surroundings } from "./run_training.ts";

/**
 * Trains the cell from its start or from its last checkpoint; one that is finished stays as it is.
 * Why it fails is kept in its folder, for the matrix.
 *
 * @throws fault: no cell there, or as `wsvad train --resume`
 */
export async function runLaidCell(folder: string, surroundings: Surroundings): Promise<void> {
  if (!existsSync(runFiles(folder).config)) {
    throw fault(
      Error,
      `Cannot run the cell "${folder}": no config.yaml in it; name a folder below cells/ that wsvad matrix laid out`,
    );
  }
  if (stateOf(folder) === "finished") return;
  await clearFailure(folder);
  try {
    await resumeTraining(folder, surroundings);
  } catch (error) {
    if (!surroundings.stop?.aborted) {
      const message = error instanceof Error ? error.message : String(error);
      await writeFailure(folder, { message, bug: !isFault(error) });
    }
    throw error;
  }
}
