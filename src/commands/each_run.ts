/** Work on several runs, of which one may be damaged, or only begin. */

import { fault, isFault } from "../fault.ts";
import type { Tell } from "../progress.ts";

/** Messages that are told one by one: what more runs lack is mostly the same. */
const MOST_TOLD = 20;

/**
 * Does the work for every run, whatever becomes of the others.
 *
 * @param tell told how many runs are done
 * @throws fault: of the run where it failed; of several their messages together, a line each, as
 *   far as they can be read
 */
export async function forEachRun<T>(
  runs: readonly string[],
  work: (folder: string) => Promise<T>,
  tell?: Tell,
): Promise<T[]> {
  const done: T[] = [], failed: Error[] = [];
  for (const [i, folder] of runs.entries()) {
    tell?.("run", i, runs.length);
    try {
      done.push(await work(folder));
    } catch (error) {
      if (!isFault(error)) throw error;
      failed.push(error);
    }
  }
  if (failed.length === 0) return done;
  if (failed.length === 1) throw failed[0];
  const told = failed.slice(0, MOST_TOLD).map(({ message }) => message);
  if (failed.length > MOST_TOLD) {
    told.push(`and so for ${failed.length - MOST_TOLD} more of the ${runs.length} runs`);
  }
  throw fault(Error, told.join("\n"));
}
