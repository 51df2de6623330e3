/** Ctrl-C and `kill` end a run in order, the second time at once. */

import { printMessage } from "./output.ts";

const SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * Does work that stops in order when it is asked to. After the first signal the system's own handling is back,
 * so the second one ends the process, however busy it is.
 */
export async function withStop<T>(action: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const ignore = () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  };
  const stop = () => {
    ignore();
    controller.abort();
    printMessage("stopping after this step; once more stops at once");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  try {
    return await action(controller.signal);
  } finally {
    ignore();
  }
}
