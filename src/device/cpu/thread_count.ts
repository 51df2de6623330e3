/** How many threads run the passes and products of the cpu device. */

import { fault } from "../../fault.ts";

const VARIABLE = "WSVAD_THREADS";

/** More than these are not taken unasked, since memory is what passes wait for; nor at all. */
const USUAL = 16, MOST = 64;

/**
 * `wanted` (`--threads`, `trainer.threads`), else WSVAD_THREADS, else one for each logical core, 16
 * at most.
 *
 * @throws fault: WSVAD_THREADS is no number of threads
 */
export function threadCount(wanted?: number, environment = threadsOfProcess): number {
  if (wanted !== undefined) return Math.min(MOST, wanted);
  const text = environment();
  if (text === undefined || text === "") return Math.min(USUAL, navigator.hardwareConcurrency);
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw fault(
      RangeError,
      `Cannot take ${VARIABLE}="${text}" for a number of threads: set a whole number from 1 on, or unset it`,
    );
  }
  return Math.min(MOST, Number(text));
}

/** The variable of the process; none where it may not be read. */
function threadsOfProcess(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
  return state === "granted" ? Deno.env.get(VARIABLE) : undefined;
}
