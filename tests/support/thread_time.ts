/** Time of the processor, for tests that something is quick. */

import process from "node:process";

/** Of /proc's clock. */
const TICKS_A_SECOND = 100;
/** In /proc/thread-self/stat, behind the thread's name. */
const USER_TIME = 11;

/**
 * Seconds that the processor has worked for this thread: other load lengthens the time on the
 * clock, and files of tests that run side by side share a process. Elsewhere than on Linux the
 * process's.
 */
export function threadSeconds(): number {
  if (Deno.build.os !== "linux") return process.cpuUsage().user / 1e6;
  const stat = Deno.readTextFileSync("/proc/thread-self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[USER_TIME]) / TICKS_A_SECOND;
}
