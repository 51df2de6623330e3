/** log.jsonl of a run folder: what a line holds, and how the file grows and is cut. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { writeWhole } from "../io/atomic_write.ts";
import { appendText, type FileSystem } from "../io/file_system.ts";
import { readText } from "../io/read_file.ts";

/** Bytes of log.jsonl, some 400,000 lines. */
const LARGEST_LOG = 96 * 2 ** 20;

/** JSON has null where a number was not finite. */
const number = z.number().nullable();
const place = { step: z.int(), epoch: z.int(), seconds: z.number() };

/** Steps since the last line: mean loss and terms, at the place of the last step. */
const loggedStep = z.object({
  kind: z.literal("step"),
  ...place,
  loss: number,
  terms: z.record(z.string(), number),
  /** Terms are times their weight and add up to the loss; in earlier versions, before it. */
  weighted: z.literal(true).optional(),
  lr: z.number(),
  /** Bytes of tensors on the device at most, since the run was begun or resumed. */
  memory_peak_bytes: z.number().optional(),
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
 * Adds lines to log.jsonl. A kill may leave half a line at the end; {@link truncateLog} takes it
 * off.
 *
 * @throws fault when the file cannot be written
 */
export async function appendLog(path: string, lines: LogLine[], fs?: FileSystem): Promise<void> {
  await appendText(path, lines.map((line) => JSON.stringify(line) + "\n").join(""), fs);
}

/** Returns when all lines are on the device. */
export async function syncLog(path: string, fs?: FileSystem): Promise<void> {
  await appendText(path, "", fs, { sync: true });
}

/** A log as it was read. */
export interface ReadLog {
  lines: LogLine[];
  /** What was left out, for the user. */
  warnings: string[];
}

/**
 * The lines of a log, without what is none: half a line at the end, which a kill left, and damaged
 * ones.
 */
export async function readLog(path: string): Promise<ReadLog> {
  const parts = await partsOf(path);
  return { lines: parts.flatMap(({ line }) => line ?? []), warnings: warningsOf(parts, path) };
}

/** A line of the file; `line` is null where it is none of a log, and `fault` says why. */
interface Part {
  text: string;
  line: LogLine | null;
  fault: string;
}

async function partsOf(path: string): Promise<Part[]> {
  if (!existsSync(path)) return [];
  const texts = (await readText(path, { most: LARGEST_LOG })).split("\n");
  // Without a line end it was cut off by a kill; what follows is written again.
  return texts.slice(0, -1).map(checked);
}

/** A line of the file, without its end; null where it is none of a log. */
export function logLineOf(text: string): LogLine | null {
  return checked(text).line;
}

/** The line as it is, with what a later version may have added. */
function checked(text: string): Part {
  let line: LogLine;
  try {
    line = JSON.parse(text);
  } catch {
    return { text, line: null, fault: "it is no JSON" };
  }
  const { error } = logLine.safeParse(line);
  if (!error) return { text, line, fault: "" };
  const [{ path: [key = "the line"], message }] = error.issues;
  return { text, line: null, fault: `${String(key)}: ${message}` };
}

function warningsOf(parts: Part[], path: string): string[] {
  const skipped = parts.flatMap(({ line, fault }, i) =>
    line === null ? [{ at: i + 1, fault }] : []
  );
  if (skipped.length === 0) return [];
  const [{ at, fault }] = skipped;
  const others = skipped.length === 1 ? "" : ` (and ${skipped.length - 1} more)`;
  return [`line ${at} of "${path}" is skipped${others}: ${fault}`];
}

/**
 * Keeps the lines up to a step, and returns them: what came after the checkpoint is done, and
 * logged, again. Damaged lines among them stay in the file.
 *
 * @throws fault when the file cannot be written
 */
export async function truncateLog(path: string, step: number, fs?: FileSystem): Promise<ReadLog> {
  const parts = await partsOf(path);
  const end = parts.findLastIndex(({ line }) => line !== null && line.step <= step) + 1;
  const kept = parts.slice(0, end).filter(({ line }) => line === null || line.step <= step);
  const text = kept.map(({ text }) => text + "\n").join("");
  await writeWhole(path, text, { overwrite: true, fs });
  return { lines: kept.flatMap(({ line }) => line ?? []), warnings: warningsOf(parts, path) };
}
