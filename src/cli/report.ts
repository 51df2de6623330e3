/** `wsvad report`. */

import { Command, Option } from "commander";
import { withExamples } from "./help.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { withJson } from "./shared_options.ts";
import { work } from "./work.ts";

interface ReportFlags {
  out?: string;
  overwrite?: boolean;
  export?: "csv" | "tensorboard";
  json?: boolean;
}

export function reportCommand(): Command {
  const command = new Command("report")
    .summary("make the page of a run again")
    .description(
      "Writes report.html of a run again, from its folder alone: needs neither model, data nor " +
        "device. A run that was stopped, or still runs, gets the page of its last evaluation. A run " +
        "of an older version gets what its files tell, and the page names what they do not. " +
        "With --export the log is written for other tools instead: log.csv in the run folder, or " +
        "an event file in its folder tensorboard.",
    )
    .argument("<runs...>", "run folders, or folders with runs below")
    .addOption(
      new Option("--export <form>", "write the log, not the page: losses, rates, metrics")
        .choices(["csv", "tensorboard"]),
    )
    .option(
      "--out <path>",
      "of one run: write to this file instead; for tensorboard into this folder",
    )
    .option("--overwrite", "replace this file where it exists");
  withJson(command);
  withExamples(command, [
    ["wsvad report runs/mil-synthetic-seed0", "after an update of wsvad, or a stop"],
    ["wsvad report runs", "of all runs below runs/"],
    ["wsvad report runs/mil-synthetic-seed0 --out mil.html", "elsewhere, the run folder stays"],
    ["wsvad report runs --export csv", "log.csv in each run folder"],
    ["wsvad report runs --export tensorboard", "then: tensorboard --logdir runs"],
  ]);
  return command.action(report);
}

async function report(names: string[], flags: ReportFlags): Promise<void> {
  const { out, overwrite, json } = flags;
  const { namedRuns } = await work.namingRuns();
  const { runs, others } = namedRuns(names);
  if (others.length > 0) printMessage(`no run in ${others.map((name) => `"${name}"`).join(", ")}`);
  if (flags.export !== undefined) {
    const { exportLogs } = await work.exportingLog();
    const written = await exportLogs(runs, flags.export, { out, overwrite });
    return json ? printJson(written) : printResult(written.map(({ file }) => file).join("\n"));
  }
  const { writeReports } = await work.reporting();
  const written = await writeReports(runs, { out, overwrite });
  if (json) printJson(written);
  else printResult(written.map(({ report }) => report).join("\n"));
}
