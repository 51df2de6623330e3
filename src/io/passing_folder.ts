/**
 * A folder that several processes share and that each takes away when it leaves it empty: another
 * one, which has just made sure that it is there, makes it again.
 */

import { mkdirSync, rmdirSync } from "node:fs";
import { isMissing } from "./file_system.ts";

/** Of so many attempts one meets nobody who takes the folder away. */
const ATTEMPTS = 20;

/**
 * Makes the folder where it is missing, and a file in it; the folder above must be there.
 *
 * @param make is called again where the folder went between its making and that of the file
 * @throws what the system says of the last attempt; what `make` throws that is no missing folder
 */
export function inPassingFolder<T>(folder: string, make: () => T): T {
  for (let attempt = 1;; attempt++) {
    try {
      makeFolder(folder);
      return make();
    } catch (error) {
      if (!isMissing(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
}

/** Takes the folder away, unless others have files in it. */
export function leavePassingFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Others lie there, or it is gone.
  }
}
