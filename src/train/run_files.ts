/** The files of a run folder: where they lie, and how the log grows. */

import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../fault.ts";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";

/** Paths of a run folder. */
export interface RunFiles {
  folder: string;
  config: string;
  log: string;
  best: string;
  last: string;
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
export function appendLog(path: string, lines: LogLine[]): void {
  if (!lines.length) return;
  try {
    appendFileSync(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  } catch (cause) {
    throw fault(
      Error,
      `Cannot write the log "${path}": ${
        (cause as Error).message
      }; the last checkpoint is intact: free space or mend the folder and continue with wsvad train --resume`,
      { cause },
    );
  }
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

/** Keeps the lines up to a step: what came after the checkpoint is done, and logged, again. */
export async function truncateLog(path: string, step: number): Promise<void> {
  const kept = (await readLog(path)).filter((line) => line.step <= step);
  const text = kept.map((line) => JSON.stringify(line) + "\n").join("");
  await writeWhole(path, new TextEncoder().encode(text), { overwrite: true });
}

/** Removes what killed runs left half written. */
export async function cleanRunFolder(folder: string): Promise<void> {
  await removeStaleTemporaries(folder);
}
