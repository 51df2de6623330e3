/**
 * The golden cases that come with the tool. They are read where the tool's own files lie, so that
 * an executable which includes this folder carries them: a new case is a new folder, and no list.
 * tasks/executable/stage.ts lays the bundle as far from them as this file is.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { entriesIn } from "../io/list_folder.ts";
import { entryAt } from "../io/read_file.ts";

const HOME = fileURLToPath(new URL("../../tests/golden", import.meta.url));

/** A case: as the report calls it, and the folder that holds case.json. */
export interface CasePlace {
  name: string;
  folder: string;
}

/** All of them, by "runner/case". */
export function builtInCases(): CasePlace[] {
  return subfolders(HOME).flatMap((runner) =>
    casesIn(join(HOME, runner)).map((name) => ({
      name: `${runner}/${name}`,
      folder: join(HOME, runner, name),
    }))
  );
}

/** What names them on a command line: methods, then cases. */
export function builtInNames(): string[] {
  const cases = builtInCases().map(({ name }) => name);
  return [...new Set(cases.map((name) => name.split("/")[0])), ...cases];
}

/**
 * The cases that a command line names: a case's folder, a folder of such, a built-in case
 * ("mil/eval") or all of a method ("mil"); every built-in one where nothing is named.
 *
 * @throws {Error} a fault: a folder may not be listed
 */
export function namedCases(names: readonly string[]): CasePlace[] {
  const builtIn = builtInCases();
  if (names.length === 0) return builtIn;
  return names.flatMap((name) => {
    if (existsSync(join(name, "case.json"))) return [{ name, folder: name }];
    const inside = casesIn(name).map((part) => join(name, part));
    if (inside.length > 0) return inside.map((folder) => ({ name: folder, folder }));
    const own = builtIn.filter((place) => place.name === name || place.name.startsWith(`${name}/`));
    if (own.length > 0) return own;
    return [{ name, folder: name }]; // reading it will say what is missing
  });
}

function casesIn(folder: string): string[] {
  return subfolders(folder).filter((name) => existsSync(join(folder, name, "case.json")));
}

function subfolders(folder: string): string[] {
  if (!entryAt(folder)?.isDirectory()) return [];
  return entriesIn(folder, `Cannot look for golden cases in "${folder}"`)
    .filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
