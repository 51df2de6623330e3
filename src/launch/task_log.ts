/** What a task left in its folder beside the run: its log, and why it failed. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isFault } from "../fault.ts";
import { readText } from "../io/read_file.ts";
import { readCellFile, removeCellFile, writeCellFile } from "./cell_files.ts";

/** Lines of a log that are shown. */
const SHOWN = 10;
/** Characters of a line that are shown. */
const WIDEST = 300;
const LARGEST = 64 * 2 ** 20;

const failure = z.object({ message: z.string(), bug: z.boolean() });
export type TaskFailure = z.infer<typeof failure>;

/** Everything that a task prints. */
export function taskLog(folder: string): string {
  return join(folder, "task.log");
}

function failurePath(folder: string): string {
  return join(folder, "failed.json");
}

/** Keeps why a task failed, until it is run again. */
export async function writeFailure(folder: string, why: TaskFailure): Promise<void> {
  await writeCellFile(failurePath(folder), why);
}

/** Forgets a failure: the task is run again. */
export async function clearFailure(folder: string): Promise<void> {
  await removeCellFile(failurePath(folder));
}

/** Why the task failed, as it said itself; null where it said nothing that can be read. */
export async function readFailure(folder: string): Promise<TaskFailure | null> {
  try {
    return await readCellFile(failurePath(folder), failure);
  } catch (error) {
    if (!isFault(error)) throw error;
    return null;
  }
}

/** The last lines of a log; none where there is no log. */
export async function logTail(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const lines = (await readText(path, { most: LARGEST })).split("\n")
    .map((line) => line.trimEnd()).filter((line) => line !== "");
  return lines.slice(-SHOWN).map((line) =>
    line.length <= WIDEST ? line : `${line.slice(0, WIDEST)} ...`
  );
}
