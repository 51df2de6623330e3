/** What lies in a folder, with a fault that names it. */

import { type Dirent, readdirSync } from "node:fs";
import { fileFault } from "./file_system.ts";

/**
 * The entries of a folder, ordered by their names; links are not followed.
 *
 * @param attempted the beginning of the message
 * @throws {Error} a fault: there is no such folder, or it may not be listed
 */
export function entriesIn(
  folder: string,
  attempted = `Cannot list the folder "${folder}"`,
): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    throw fileFault(error, attempted);
  }
}
