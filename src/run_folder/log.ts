/** log.jsonl of a run folder: what a line holds, and how the file grows and is cut. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { appendText, type FileSystem } from "../io/file_system.ts";
import { readText } from "../io/read_file.ts";

/** Bytes of log.jsonl, some 400,000 lines. */
const LARGEST_LOG = 96 * 2 ** 20;

/** JSON has null where a number was not finite. */
const number = z.number().nullable();
const place = { step: z.int(), epoch: z.int(), seconds: z.number() };

/** Steps since the last line: mean loss and terms, each term before its weight, at the place of the last step. */
const loggedStep = z.object({
  kind: z.literal("step"),
  ...place,
  loss: number,
  terms: z.record(z.string(), number),
  lr: z.number(),
});

/** An evaluation, and whether its weights are the best so far. */
const loggedEvaluation = z.object({
  kind: z.literal("eval"),
  ...place,
  metrics: z.record(z.string(), number),
  best: z.boolean(),
});

const logLine = z.discriminatedUnion("kind", [loggedStep, loggedEvaluation]);

export type LoggedStep = z.infer<typeof loggedStep>;
export type LoggedEvaluation = z.infer<typeof loggedEvaluation>;

/** One logged step or evaluation, as a line of log.jsonl. */
export type LogLine = LoggedStep | LoggedEvaluation;

/**
 * Adds lines to log.jsonl. A kill may leave half a line at the end; {@link truncateLog} takes it off.
 *
 * @throws fault when the file cannot be written
 */
export async function appendLog(path: string, lines: LogLine[], fs?: FileSystem): Promise<void> {
  await appendText(path, lines.map((line) => JSON.stringify(line) + "\n").join(""), fs);
}

/**
 * The lines of a log, without a broken last one.
 *
 * @throws fault when a whole line is none of a log
 */
export async function readLog(path: string): Promise<LogLine[]> {
  if (!existsSync(path)) return [];
  const lines: LogLine[] = [];
  for (const text of (await readText(path, { most: LARGEST_LOG })).split("\n")) {
    try {
      if (text) lines.push(checked(JSON.parse(text), path, lines.length + 1));
    } catch (cause) {
      if (cause instanceof SyntaxError) break; // cut off by a kill; what follows is written again
      throw cause;
    }
  }
  return lines;
}

/** The line as it is, with what a later version may have added. */
function checked(line: unknown, path: string, number: number): LogLine {
  const { error } = logLine.safeParse(line);
  if (!error) return line as LogLine;
  const [{ path: [key = "the line"], message }] = error.issues;
  throw fault(
    TypeError,
    `Cannot read line ${number} of "${path}": ${
      String(key)
    }: ${message}; take the line out, or restore the file`,
  );
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
