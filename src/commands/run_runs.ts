/** `wsvad runs`: lists runs, answers questions about them, notes and removes one. */

import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { Progress } from "../progress.ts";
import { LOCK_FILE, withLock } from "../run_folder/lock.ts";
import { parseCondition } from "../run_folder/run_filter.ts";
import { EXPORTED_EVENTS, EXPORTED_TABLE, runFiles, whyNoRun } from "../run_folder/run_files.ts";
import { NOTE_FILE } from "../run_folder/run_folders.ts";
import { type RunRow, RunStore } from "../run_folder/run_store.ts";

/** The runs below a folder that meet a condition. */
export async function listRuns(
  root: string,
  filter: string | undefined,
  progress: Progress,
): Promise<RunRow[]> {
  const condition = filter === undefined ? undefined : parseCondition(filter);
  using store = await openStore(root, progress);
  return store.list(condition);
}

/** Rows of read-only SQL over the table `runs`. */
export async function queryRuns(
  root: string,
  sql: string,
  progress: Progress,
): Promise<Record<string, unknown>[]> {
  using store = await openStore(root, progress);
  return store.query(sql);
}

async function openStore(root: string, progress: Progress): Promise<RunStore> {
  const store = await RunStore.open(root, (done) => {
    if (done % 1000 === 0) progress.note(`${done} runs read`);
  });
  if (store.path === null) {
    progress.note(`no index can be written into ${root}: all runs were read anew`);
  }
  return store;
}

/** Writes a note beside a run; an empty one takes it away. */
export async function noteRun(run: string, note: string): Promise<void> {
  requireRun(run, "note");
  const path = join(run, NOTE_FILE);
  if (note.trim() !== "") return await writeWhole(path, `${note.trim()}\n`, { overwrite: true });
  rmSync(path, { force: true });
}

/**
 * Removes a run folder with all that a run writes.
 *
 * @throws fault: no run; a running one; a file that no run writes
 */
export async function removeRun(run: string): Promise<void> {
  requireRun(run, "remove");
  const { folder: _, ...files } = runFiles(run);
  const ours = new Set([
    ...Object.values(files).map((path) => basename(path)),
    NOTE_FILE,
    LOCK_FILE,
    EXPORTED_TABLE,
    EXPORTED_EVENTS,
  ]);
  const isOurs = (name: string) => ours.has(name) || /^\..*\.partial$/.test(name);
  const foreign = readdirSync(run).find((name) => !isOurs(name));
  if (foreign !== undefined) {
    throw fault(
      Error,
      `Cannot remove the run "${run}": "${join(run, foreign)}" is no file of a run; move it away`,
    );
  }
  await withLock(run, () => Promise.resolve()); // refused while another process trains into it
  rmSync(run, { recursive: true });
}

function requireRun(run: string, what: string): void {
  const found = whyNoRun(run);
  if (found === null) return;
  throw fault(Error, `Cannot ${what} the run "${run}": ${found}; name a run folder`);
}
