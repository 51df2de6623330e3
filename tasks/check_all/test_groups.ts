/**
 * Entries of `deno test` that load several files of tests each. Every entry is an isolate of its
 * own, and loading tfjs with all operations into one takes most of a second: more, for most files,
 * than their tests.
 */

import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** So few that the last entries to end keep no core waiting for long. */
const filesOfAGroup = 8;

/**
 * A file that opens a device while it is loaded wants an isolate of its own: all files of an entry
 * are loaded before the first test runs, and there is one device of a kind in an isolate.
 */
const opensDevice = /^(const .* = .*)?await (openCpu|openDevice|startBackend|tf\.setBackend)\(/m;

/** Those of the files, below this folder, that share no isolate with others. */
export function aloneOf(files: string[], folder: string): Set<string> {
  return new Set(
    files.filter((file) => opensDevice.test(readFileSync(join(folder, file), "utf8"))),
  );
}

/** The quick tests below this folder, with slashes, as `tests/ops/gelu_test.ts`, sorted. */
export function findTests(folder: string): string[] {
  const found = globSync("tests/**/*_test.ts", { cwd: folder });
  return found.map((path) => path.replaceAll("\\", "/")).sort();
}

/** Groups of files of one folder, in the order given. */
export function groupsOf(
  files: string[],
  alone: Set<string> = new Set(),
  most = filesOfAGroup,
): string[][] {
  const groups: string[][] = [];
  const folders = Map.groupBy(files, (file) => alone.has(file) ? file : dirname(file));
  for (const inFolder of folders.values()) {
    // Equal shares: 9 files are 5 and 4.
    const count = Math.ceil(inFolder.length / most);
    for (let i = 0; i < count; i++) {
      const from = Math.ceil((i * inFolder.length) / count);
      groups.push(inFolder.slice(from, Math.ceil(((i + 1) * inFolder.length) / count)));
    }
  }
  return groups;
}

const namedTests = new URL("./named_tests.ts", import.meta.url).href;

/** Writes one entry for each group into a folder, and gives their paths. */
export function writeEntries(groups: string[][], folder: string): string[] {
  return groups.map((files, index) => {
    const lines = [`import { testsOf } from ${JSON.stringify(namedTests)};`];
    for (const file of files) {
      const url = pathToFileURL(resolve(file)).href;
      lines.push(
        `await testsOf(${JSON.stringify(`./${file}`)}, () => import(${JSON.stringify(url)}));`,
      );
    }
    const path = `${folder}/${entryPrefix}${index}_test.ts`;
    Deno.writeTextFileSync(path, lines.join("\n") + "\n");
    return path;
  });
}

const entryPrefix = "wsvad_tests_";

const styles = "((?:\\x1b\\[[\\d;]*m)*)";
const namedEntry = new RegExp(`^${styles}\\S*?${entryPrefix}\\d+_test\\.ts =>${styles} `);
const placeOfAll = new RegExp(` ${styles}=> \\S*named_tests\\.ts:\\d+:\\d+`);

/**
 * A line of `deno test`, in colours or without, that names the file of a test alone: neither the
 * entry that loaded it nor the place in {@link namedTests} where all tests are given to Deno.
 */
export function withoutEntry(line: string): string {
  return line.replace(namedEntry, "$1$2").replace(placeOfAll, "$1");
}
