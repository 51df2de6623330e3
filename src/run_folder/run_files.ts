/** The files of a run folder: where they lie, and how the log grows. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { appendText, type FileSystem, realFileSystem } from "../io/file_system.ts";
import { FROZEN_FILE } from "./frozen_weights.ts";

/** Paths of a run folder. */
export interface RunFiles {
  folder: string;
  config: string;
  log: string;
  best: string;
  last: string;
  /** Weights that training leaves as they are, where there are any. */
  frozen: string;
  result: string;
  report: string;
}

export function runFiles(folder: string): RunFiles {
  return {
    folder,
    config: join(folder, "config.yaml"),
    log: join(folder, "log.jsonl"),
    best: join(folder, "best.safetensors"),
    last: join(folder, "last.safetensors"),
    frozen: join(folder, FROZEN_FILE),
    result: join(folder, "result.json"),
    report: join(folder, "report.html"),
  };
}

/** One logged step or evaluation, as a line of log.jsonl. */
export type LogLine =
  | {
    kind: "step";
    step: number;
    epoch: number;
    loss: number;
    terms: Record<string, number>;
    lr: number;
    seconds: number;
  }
  | {
    kind: "eval";
    step: number;
    epoch: number;
    metrics: Record<string, number | null>;
    best: boolean;
    seconds: number;
  };

/**
 * Adds lines to log.jsonl. A kill may leave half a line at the end; {@link truncateLog} takes it off.
 *
 * @throws fault when the file cannot be written
 */
export async function appendLog(path: string, lines: LogLine[], fs?: FileSystem): Promise<void> {
  await appendText(path, lines.map((line) => JSON.stringify(line) + "\n").join(""), fs);
}

/** The lines of a log, without a broken last one. */
export async function readLog(path: string): Promise<LogLine[]> {
  if (!existsSync(path)) return [];
  const lines: LogLine[] = [];
  for (const text of (await Deno.readTextFile(path)).split("\n")) {
    try {
      if (text) lines.push(JSON.parse(text));
    } catch (cause) {
      if (cause instanceof SyntaxError) break; // cut off by a kill; what follows is written again
      throw cause;
    }
  }
  return lines;
}

/**
 * Keeps the lines up to a step, and returns them: what came after the checkpoint is done, and logged, again.
 *
 * @throws fault when the file cannot be written
 */
export async function truncateLog(
  path: string,
  step: number,
  fs?: FileSystem,
): Promise<LogLine[]> {
  const kept = (await readLog(path)).filter((line) => line.step <= step);
  const text = kept.map((line) => JSON.stringify(line) + "\n").join("");
  await writeWhole(path, text, { overwrite: true, fs });
  return kept;
}

/** Removes what an earlier run left, before another one takes its folder. */
export async function clearRunFolder(
  { folder, log, best, last, frozen, result, report }: RunFiles,
  fs: FileSystem = realFileSystem,
): Promise<void> {
  await removeStaleTemporaries(folder, fs);
  // The checkpoint goes first: it must never be found beside the settings of the new run.
  for (const path of [last, best, frozen, result, report, log]) {
    if (await fs.kind(path) !== null) await fs.remove(path);
  }
}

/**
 * Removes what a run wrote that failed before its first step, so that the same command can be given again.
 * The failure is told, not what becomes of these files: the system may refuse their removal too.
 */
export async function discardBeginning(
  { config, log, last, frozen }: RunFiles,
  fs: FileSystem = realFileSystem,
): Promise<void> {
  for (const path of [last, frozen, config, log]) {
    try {
      await fs.remove(path);
    } catch {
      // Not written, or not to be removed.
    }
  }
}
