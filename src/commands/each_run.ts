/** Work on several runs, of which one may be damaged, or only begin. */

import { fault, isFault } from "../fault.ts";

/**
 * Does the work for every run, whatever becomes of the others.
 *
 * @throws fault: of the run where it failed; of several their messages together, a line each
 */
export async function forEachRun<T>(
  runs: readonly string[],
  work: (folder: string) => Promise<T>,
): Promise<T[]> {
  const done: T[] = [], failed: Error[] = [];
  for (const folder of runs) {
    try {
      done.push(await work(folder));
    } catch (error) {
      if (!isFault(error)) throw error;
      failed.push(error);
    }
  }
  if (failed.length === 0) return done;
  throw failed.length === 1
    ? failed[0]
    : fault(Error, failed.map(({ message }) => message).join("\n"));
}
