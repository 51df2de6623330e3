/**
 * Ctrl-C, `kill` and a closed terminal end a run in order; Ctrl-C and `kill` the second time at
 * once.
 */

import { procFile } from "../proc_files.ts";
import { printMessage } from "./output.ts";

/** The second of these is left to the system. */
const SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** Asked at once: the first listener of any signal changes the answer. */
const hangupIgnored = startedWithoutHangup();
const GENTLE: Deno.Signal[] = Deno.build.os === "windows"
  ? []
  : hangupIgnored
  ? ["SIGUSR2"]
  : ["SIGHUP", "SIGUSR2"];

/**
 * Does work that stops in order when it is asked to. After the first signal the system's own
 * handling is back, so the second one ends the process, however busy it is. SIGHUP stops it too,
 * but never at once: a terminal that closes sends several. Under `nohup` it stays ignored.
 * SIGUSR2 does what SIGHUP does: by it the script of a batch system tells that the time is nearly
 * over (at SIGUSR1 Deno opens a debugger). One of the others, which the system sends when it is
 * over, then still finds the work at its checkpoint.
 *
 * @param told what is said after the first signal
 */
export async function withStop<T>(
  action: (stop: AbortSignal) => Promise<T>,
  told = "stopping after this step; once more stops at once",
): Promise<T> {
  const controller = new AbortController();
  const ignore = () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  };
  const stopGently = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    printMessage(told);
  };
  const stop = () => {
    ignore();
    stopGently();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  for (const signal of GENTLE) Deno.addSignalListener(signal, stopGently);
  try {
    return await action(controller.signal);
  } finally {
    ignore();
    for (const signal of GENTLE) Deno.removeSignalListener(signal, stopGently);
  }
}

/** Does work that lasts until a signal ends it, such as a server. */
export async function withEnd(action: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  try {
    await action(controller.signal);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  }
}

/**
 * Keeps a process that `nohup` started from ending with its terminal. Deno listens to SIGHUP itself
 * as soon as there is a listener of any signal, and then ends the process if nobody else listens.
 */
export function surviveHangup(): void {
  if (hangupIgnored) Deno.addSignalListener("SIGHUP", () => {});
}

/** Whether the process was started with SIGHUP ignored; only Linux tells. */
function startedWithoutHangup(): boolean {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(procFile("self/status") ?? "")?.[1];
  // Bit n - 1 stands for signal n, SIGHUP is 1. It cannot be read with few permissions.
  return ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
}
