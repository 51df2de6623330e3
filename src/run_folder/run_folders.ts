/** Run folders below a folder. */

import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileFault, isMissing } from "../io/file_system.ts";
import { entryAt } from "../io/read_file.ts";
import { runFiles } from "./run_files.ts";

/** A line of text beside a run, by `wsvad runs note`. */
export const NOTE_FILE = "note.txt";
/** Folders below the root in which runs are looked for: `matrix/cells/run`, and one more. */
const DEEPEST = 4;

/** None of a folder that was removed meanwhile. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileFault(error, `Cannot look for runs in "${folder}"`);
  }
}

/** Run folders below the root, or the root itself, each with what tells that it has changed. */
export function runFoldersBelow(root: string): { folder: string; signature: string }[] {
  const found: { folder: string; signature: string }[] = [];
  const look = (folder: string, depth: number) => {
    const files = runFiles(folder);
    const marks = [files.config, files.result, files.log, join(folder, NOTE_FILE)]
      .map((path) => entryAt(path));
    if (marks[0] !== null) {
      const signature = marks.map((mark) => mark ? `${mark.mtimeMs}:${mark.size}` : "-").join(" ");
      found.push({ folder, signature });
      return;
    }
    if (depth === DEEPEST) return;
    for (const entry of entriesOf(folder)) {
      if (entry.isDirectory() && !entry.name.startsWith(".")) {
        look(join(folder, entry.name), depth + 1);
      }
    }
  };
  look(root, 0);
  return found;
}

/** Runs that a command line names, by their folders or by folders above them. */
export interface NamedRuns {
  runs: string[];
  /** Files and folders without a run, which `runs/*` matches too: they are passed over. */
  others: string[];
}

/**
 * A name of nothing stays, and so do names without any run: whoever reads them says what is wrong.
 */
export function namedRuns(names: readonly string[]): NamedRuns {
  const found = names.map((name) => {
    const entry = entryAt(name);
    if (entry === null) return [name];
    return entry.isDirectory() ? runFoldersBelow(name).map(({ folder }) => folder) : [];
  });
  const runs = [...new Set(found.flat())];
  if (runs.length === 0) return { runs: [...names], others: [] };
  return { runs, others: names.filter((_, i) => found[i].length === 0) };
}
