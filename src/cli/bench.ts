/** `wsvad bench`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { benchText } from "./bench_text.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import {
  type DeviceFlags,
  deviceOptions,
  withDevice,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { work } from "./work.ts";

interface BenchFlags extends DeviceFlags {
  kernels?: string[];
  runners?: string[];
  quick?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function benchCommand(): Command {
  const command = new Command("bench")
    .summary("how fast kernels and methods are on this machine")
    .description(
      "Times every kernel against the machine's own peak and against the same composed of tfjs's operations, and " +
        "a training step and the scoring of a video of every method, with its official batch. Measurements of what is " +
        "compared take turns; the middle of 5 counts. All of it takes long on a machine without a GPU: choose.",
    )
    .option(
      "--kernels <names>",
      "kernels alone: all, or parts of their names, comma-separated",
      list,
    )
    .option("--runners <names>", "methods alone: all, or their names, comma-separated", list)
    .option("--quick", "small sizes: whether all of it works, not how fast it is");
  withQuiet(withJson(withDevice(command)));
  withExamples(command, [
    ["wsvad bench --kernels attention,norm", "some kernels"],
    ["wsvad bench --runners rtfm,mgfn --device webgpu", "two methods on the GPU"],
    ["wsvad bench --json", "everything, for a program"],
  ]);
  return command.action(async (flags: BenchFlags) => {
    const { runBench } = await work.bench();
    const report = await runBench({
      device: deviceOptions(flags),
      kernels: flags.kernels,
      runners: flags.runners,
      quick: flags.quick ?? false,
      onItem: (name) => flags.quiet || printMessage(`timing ${name}`),
    });
    if (flags.json) printJson(report);
    else printResult(benchText(report));
  });
}

/** "a,b" -> ["a", "b"]; "all" -> []. */
function list(text: string): string[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return names.length === 1 && names[0] === "all" ? [] : names;
}
