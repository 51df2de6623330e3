/** What a task left in its folder beside the run: its log, and why it failed. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../io/atomic_write.ts";
import { readText } from "../io/read_file.ts";

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
  await writeWhole(failurePath(folder), JSON.stringify(why, null, 1) + "\n", { overwrite: true });
}

/** Forgets a failure: the task is run again. */
export async function clearFailure(folder: string): Promise<void> {
  if (existsSync(failurePath(folder))) await Deno.remove(failurePath(folder));
}

/** Why the task failed, as it said itself; null where it said nothing. */
export async function readFailure(folder: string): Promise<TaskFailure | null> {
  try {
    return failure.parse(JSON.parse(await readText(failurePath(folder))));
  } catch {
    return null; // none, or what a killed process left of one
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
