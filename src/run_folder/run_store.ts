/**
 * An index of run folders in SQLite, for listing and asking. It is never the only copy of anything:
 * what it holds is read from the folders, and a store that was deleted is made again.
 */

import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fault, isFault } from "../fault.ts";
import { entryAt, readText } from "../io/read_file.ts";
import { flatSettings } from "../config/flat_settings.ts";
import { loadYaml } from "../config/load_yaml.ts";
import { readRunFacts, readRunResult } from "./read_run.ts";
import { runFiles } from "./run_files.ts";
import { NOTE_FILE, runFoldersBelow } from "./run_folders.ts";

export const STORE_FILE = "runs.sqlite";
/** A store of another form is made again. */
const FORM = 1;

/** Columns of the table `runs`, beside `settings` and `metrics`, which are JSON. */
export const RUN_COLUMNS = [
  "path",
  "runner",
  "data",
  "seed",
  "status",
  "step",
  "steps",
  "seconds",
  "roc_auc",
  "pr_auc",
  "ap",
  "abnormal_auc",
  "far_normal",
  "version",
  "ended",
  "note",
] as const;

type Value = string | number | null;
export type RunRow = Record<typeof RUN_COLUMNS[number], Value>;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS runs (
    path TEXT PRIMARY KEY, runner TEXT, data TEXT, seed INTEGER, status TEXT, step INTEGER,
    steps INTEGER, seconds REAL, roc_auc REAL, pr_auc REAL, ap REAL, abnormal_auc REAL,
    far_normal REAL, version TEXT, ended TEXT, note TEXT,
    settings TEXT, metrics TEXT, signature TEXT
  ) STRICT;
  PRAGMA user_version = ${FORM};
`;

/** An open store; its rows are as the folders are. */
export class RunStore implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync, readonly path: string | null) {
    this.#database = database;
  }

  /**
   * Opens the store of a folder of runs and brings it up to date.
   *
   * @param onRead told of each run that is read
   * @throws fault: no such folder
   */
  static async open(root: string, onRead: (done: number) => void = () => {}): Promise<RunStore> {
    if (!entryAt(root)?.isDirectory()) {
      throw fault(Error, `Cannot list the runs below "${root}": no such folder; give --root DIR`);
    }
    const store = openDatabase(join(root, STORE_FILE));
    try {
      await store.#update(root, onRead);
      return store;
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes over a database, for {@link openDatabase}. */
  static over(database: DatabaseSync, path: string | null): RunStore {
    return new RunStore(database, path);
  }

  /** Rows that meet a condition, the newest first. */
  list({ sql, values }: { sql: string; values: Value[] } = { sql: "1", values: [] }): RunRow[] {
    const order = "ORDER BY ended IS NULL DESC, ended DESC, path";
    const query = `SELECT ${RUN_COLUMNS.join(", ")} FROM runs WHERE ${sql} ${order}`;
    return this.#database.prepare(query).all(...values) as RunRow[];
  }

  /**
   * Rows of any query; nothing can be changed by it.
   *
   * @throws {SyntaxError} a fault: SQL that cannot be run
   */
  query(sql: string): Record<string, unknown>[] {
    this.#database.exec("PRAGMA query_only = ON");
    try {
      return this.#database.prepare(sql).all() as Record<string, unknown>[];
    } catch (error) {
      throw fault(SyntaxError, `Cannot run the query: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      this.#database.exec("PRAGMA query_only = OFF");
    }
  }

  async #update(root: string, onRead: (done: number) => void): Promise<void> {
    const known = new Map(
      this.#database.prepare("SELECT path, signature FROM runs").all().map((
        { path, signature },
      ) => [path as string, signature as string]),
    );
    const found = runFoldersBelow(root);
    const columns = [...RUN_COLUMNS, "settings", "metrics", "signature"];
    const insert = this.#database.prepare(
      `INSERT OR REPLACE INTO runs (${columns.join(", ")}) VALUES (${
        columns.map(() => "?").join(", ")
      })`,
    );
    const changed: Value[][] = [];
    for (const { folder, signature } of found) {
      const path = relative(root, folder) || ".";
      const before = known.get(path);
      known.delete(path);
      if (before === signature) continue;
      const row: Record<string, Value> = await rowOf(folder);
      changed.push(columns.map((name) => ({ ...row, path, signature })[name] ?? null));
      onRead(changed.length);
    }
    if (changed.length + known.size === 0) return;
    this.#database.exec("BEGIN IMMEDIATE");
    for (const values of changed) insert.run(...values);
    const remove = this.#database.prepare("DELETE FROM runs WHERE path = ?");
    for (const path of known.keys()) remove.run(path);
    this.#database.exec("COMMIT");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** The database of that file; one in memory where it cannot be written, or is no store of ours. */
function openDatabase(path: string): RunStore {
  const open = (at: string) => {
    const database = new DatabaseSync(at);
    try {
      database.exec("PRAGMA busy_timeout = 10000");
      const [{ user_version: form }] = database.prepare("PRAGMA user_version").all();
      if (form !== 0 && form !== FORM) database.exec("DROP TABLE IF EXISTS runs");
      database.exec(SCHEMA);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return RunStore.over(open(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return RunStore.over(open(":memory:"), null);
  }
}

async function noteOf(folder: string): Promise<string | null> {
  const path = join(folder, NOTE_FILE);
  return entryAt(path) ? (await readText(path)).trim() : null;
}

/** What stands in the table of a run; a damaged one says so in its status. */
async function rowOf(folder: string): Promise<Record<string, Value>> {
  const files = runFiles(folder);
  let note: string | null = null;
  try {
    note = await noteOf(folder);
    const config = loadYaml(await readText(files.config), files.config).value;
    const settings = Object.fromEntries(flatSettings(config));
    const row = {
      note,
      settings: JSON.stringify(settings),
      metrics: "{}",
      runner: settings["runner.name"] ?? null,
      data: null,
      seed: Number(settings["trainer.seed"] ?? 0),
    };
    if (!entryAt(files.result)) {
      const facts = entryAt(files.facts) ? await readRunFacts(files.facts) : null;
      const [data, version] = [facts?.data.name ?? null, facts?.tool.version ?? null];
      return { ...row, data, version, status: "unfinished" };
    }
    const result = await readRunResult(files.result);
    const metrics = result.best?.metrics ?? {};
    return {
      ...row,
      status: "finished",
      runner: result.runner,
      data: result.data.name,
      seed: result.seed,
      step: result.best?.step ?? null,
      steps: result.steps,
      seconds: result.seconds,
      roc_auc: metrics.roc_auc ?? null,
      pr_auc: metrics.pr_auc ?? null,
      ap: metrics.ap ?? null,
      abnormal_auc: metrics.abnormal_auc ?? null,
      far_normal: metrics.far_normal ?? null,
      version: result.tool.version,
      ended: new Date(entryAt(files.result)!.mtimeMs).toISOString(),
      metrics: JSON.stringify(metrics),
    };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { note, status: `damaged: ${error.message}`, settings: "{}", metrics: "{}" };
  }
}
