/** Runs as their folders grow: found, read a little at a time, and told when they change. */

import { existsSync, statSync } from "node:fs";
import { loadYaml } from "../config/load_yaml.ts";
import { isFault } from "../fault.ts";
import { entryAt, readText } from "../io/read_file.ts";
import { damagedRun, type RunState, type WatchedRun, watchedRun } from "../report/watched_run.ts";
import { isWritten } from "../run_folder/lock.ts";
import { LogTail } from "../run_folder/log_tail.ts";
import { type PageConfig, pageConfig } from "../run_folder/page_config.ts";
import { type ReadFacts, readRunFacts } from "../run_folder/read_run.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { runFoldersBelow } from "../run_folder/run_folders.ts";

/** Runs that one page shows: those that grew last. */
const MOST_RUNS = 40;
/** Folders are searched for new runs this often at most, and for a tenth of the time. */
const SEARCH_MS = 3000;

/** What the last look at a run found, and what tells that another would find the same. */
interface Seen {
  tail: LogTail;
  mark: string;
  config: PageConfig | null;
  facts: ReadFacts | null;
  run: WatchedRun;
}

/** Nothing is written into the folders, and nothing in them is locked. */
export class WatchedRuns {
  readonly #roots: readonly string[];
  #seen = new Map<string, Seen>();
  #folders: string[] = [];
  #found = 0;
  #nextSearch = -Infinity;

  /** @param roots run folders, or folders with runs below; they may appear later */
  constructor(roots: readonly string[], readonly now: () => number = () => performance.now()) {
    this.#roots = roots;
  }

  /** How many runs there are, those that the page leaves out too. */
  get found(): number {
    return this.#found;
  }

  /** The runs, those that grew last first. */
  get runs(): WatchedRun[] {
    return this.#folders.flatMap((folder) => this.#seen.get(folder)?.run ?? []);
  }

  /** Looks at the folders; returns the runs that have changed since the last look. */
  async look(): Promise<WatchedRun[]> {
    this.#search();
    const changed: WatchedRun[] = [];
    for (const folder of this.#folders) {
      const before = this.#seen.get(folder);
      const seen = await this.#lookAt(folder, before);
      this.#seen.set(folder, seen);
      if (seen.run !== before?.run) changed.push(seen.run);
    }
    return changed;
  }

  #search(): void {
    const start = this.now();
    if (start < this.#nextSearch) return;
    const folders = [...new Set(this.#roots.flatMap(foldersOf))];
    const grown = new Map(folders.map((folder) => [folder, grownAt(folder) ?? 0]));
    folders.sort((a, b) => grown.get(b)! - grown.get(a)! || (a < b ? -1 : 1));
    this.#found = folders.length;
    // Their order stays while the same are shown: rows that swap places cannot be read.
    const shown = folders.slice(0, MOST_RUNS);
    const kept = this.#folders.filter((folder) => shown.includes(folder));
    this.#folders = [...shown.filter((folder) => !kept.includes(folder)), ...kept];
    this.#seen = new Map([...this.#seen].filter(([folder]) => shown.includes(folder)));
    this.#nextSearch = this.now() + Math.max(SEARCH_MS, 9 * (this.now() - start));
  }

  async #lookAt(folder: string, before: Seen | undefined): Promise<Seen> {
    const files = runFiles(folder);
    const tail = before?.tail ?? new LogTail(files.log);
    const marks = [files.config, files.facts, files.result].map((path) => {
      const entry = entryAt(path);
      return entry ? `${entry.mtimeMs}:${entry.size}:${entry.ino}` : "-";
    });
    const state = stateOf(folder);
    const mark = [...marks, state].join(" ");
    try {
      const grew = await tail.look();
      if (before !== undefined && before.mark === mark && !grew) return before;
      const known = before?.mark === mark && before.config !== null ? before : null;
      const config = known?.config ?? await readPageConfig(files.config);
      const facts = known?.facts ??
        (existsSync(files.facts) ? await readRunFacts(files.facts) : null);
      const run = watchedRun({
        ...{ folder, state, config, facts, lines: tail.lines, grown: grownAt(folder) },
      });
      return { tail, mark, config, facts, run };
    } catch (error) {
      if (!isFault(error)) throw error;
      if (before?.run.fault === error.message) return before;
      return { tail, mark, config: null, facts: null, run: damagedRun(folder, error.message) };
    }
  }
}

async function readPageConfig(path: string): Promise<PageConfig> {
  return pageConfig(loadYaml(await readText(path), path).value, path);
}

/** Runs that are below a folder now; none where it does not exist yet. */
function foldersOf(root: string): string[] {
  if (!entryAt(root)?.isDirectory()) return [];
  return runFoldersBelow(root).map(({ folder }) => folder);
}

/** When the log of a run grew last; without one, when the run began. */
function grownAt(folder: string): number | null {
  const { log, config } = runFiles(folder);
  return (statSync(log, { throwIfNoEntry: false }) ?? statSync(config, { throwIfNoEntry: false }))
    ?.mtimeMs ?? null;
}

function stateOf(folder: string): RunState {
  if (isWritten(folder)) return "running";
  return existsSync(runFiles(folder).result) ? "finished" : "stopped";
}
