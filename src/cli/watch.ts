/** `wsvad watch`. */

import { Command, InvalidArgumentError } from "commander";
import { withExamples } from "./help.ts";
import { printMessage, printResult } from "./output.ts";
import { withEnd } from "./stop_signal.ts";
import { work } from "./work.ts";

export function watchCommand(): Command {
  const command = new Command("watch")
    .summary("a live page of runs, on this machine alone")
    .description(
      "Serves a page that follows runs while they train: loss, metrics, videos a second, device " +
        "memory, time left; several over each other. It reads the run folders and changes nothing in " +
        "them: end it with Ctrl-C and start it again as you like. Only this machine can open " +
        "the page; from another one, ssh -L 6061:localhost:6061 HOST leads there. Runs that begin " +
        "later appear by themselves.",
    )
    .argument("[runs...]", "run folders, or folders with runs below (default: runs)")
    .option("--port <n>", "port of the page (default: 6061, or any where it is taken)", parsePort);
  withExamples(command, [
    ["wsvad watch", "all runs below runs/"],
    ["wsvad watch runs/mil-synthetic-seed0 runs/rtfm-synthetic-seed0", "two of them"],
    ["wsvad watch runs/pair/cells --port 8000", "the cells of a matrix"],
  ]);
  return command.action(watch);
}

async function watch(runs: string[], { port }: { port?: number }): Promise<void> {
  const { watchRuns } = await work.watching();
  await withEnd((stop) =>
    watchRuns({
      runs: runs.length === 0 ? ["runs"] : runs,
      port,
      stop,
      onListen: printResult,
      onTrouble: printMessage,
    })
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("Expected a port, 0 to 65535; 0 takes any that is free.");
}
