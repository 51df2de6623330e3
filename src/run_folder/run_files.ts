/** The files of a run folder: where they lie, and which of them go. */

import { join } from "node:path";
import { removeStaleTemporaries } from "../io/atomic_write.ts";
import { type FileSystem, realFileSystem } from "../io/file_system.ts";
import { entryAt } from "../io/read_file.ts";
import { FROZEN_FILE } from "./frozen_weights.ts";

/** What `wsvad report --export` leaves in a run folder: the log as a table, a folder of events. */
export const EXPORTED_TABLE = "log.csv";
export const EXPORTED_EVENTS = "tensorboard";

/** Paths of a run folder. */
export interface RunFiles {
  folder: string;
  config: string;
  /** What the run is, written as it begins. */
  facts: string;
  log: string;
  best: string;
  last: string;
  /** Weights that training leaves as they are, where there are any. */
  frozen: string;
  result: string;
  /** Scores of the test videos. */
  scores: string;
  report: string;
}

export function runFiles(folder: string): RunFiles {
  return {
    folder,
    config: join(folder, "config.yaml"),
    facts: join(folder, "run.json"),
    log: join(folder, "log.jsonl"),
    best: join(folder, "best.safetensors"),
    last: join(folder, "last.safetensors"),
    frozen: join(folder, FROZEN_FILE),
    result: join(folder, "result.json"),
    scores: join(folder, "test_scores.json"),
    report: join(folder, "report.html"),
  };
}

/** Why a folder is no run, for messages; null where it is one. */
export function whyNoRun(folder: string): string | null {
  if (entryAt(runFiles(folder).config) !== null) return null;
  return entryAt(folder)?.isDirectory() ? "no config.yaml in it" : "no such folder";
}

/** Removes what an earlier run left, before another one takes its folder. */
export async function clearRunFolder(
  { folder, facts, log, best, last, frozen, result, scores, report }: RunFiles,
  fs: FileSystem = realFileSystem,
): Promise<void> {
  await removeStaleTemporaries(folder, fs);
  // The checkpoint goes first: it must never be found beside the settings of the new run.
  for (const path of [last, best, frozen, result, scores, report, facts, log]) {
    if (await fs.kind(path) !== null) await fs.remove(path);
  }
}

/**
 * Removes what a run wrote that failed before its first step, so that the same command can be given
 * again. The failure is told, not what becomes of these files: the system may refuse their removal
 * too.
 */
export async function discardBeginning(
  { config, facts, log, last, frozen }: RunFiles,
  fs: FileSystem = realFileSystem,
): Promise<void> {
  for (const path of [last, frozen, config, facts, log]) {
    try {
      await fs.remove(path);
    } catch {
      // Not written, or not to be removed.
    }
  }
}
