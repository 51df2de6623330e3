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
export function threadCount(wanted?: number): number {
  if (wanted !== undefined) return Math.min(MOST, wanted);
  const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
  const text = state === "granted" ? Deno.env.get(VARIABLE) : undefined;
  if (text === undefined || text === "") return Math.min(USUAL, navigator.hardwareConcurrency);
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw fault(
      RangeError,
      `Cannot take ${VARIABLE}="${text}" for a number of threads: set a whole number from 1 on, or unset it`,
    );
  }
  return Math.min(MOST, Number(text));
}
