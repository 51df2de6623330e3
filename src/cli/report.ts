/** `wsvad report`. */

import { Command, Option } from "commander";
import { tellSlow } from "../progress.ts";
import { withExamples } from "./help.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { withJson, withQuiet } from "./shared_options.ts";
import { work } from "./work.ts";

/** Names without a run that are told: a pattern of the shell gives thousands. */
const MOST_NAMED = 5;

interface ReportFlags {
  out?: string;
  overwrite?: boolean;
  export?: "csv" | "tensorboard";
  json?: boolean;
  quiet?: boolean;
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
  withQuiet(withJson(command));
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
  if (others.length > 0) {
    const named = others.slice(0, MOST_NAMED).map((name) => `"${name}"`).join(", ");
    const more = others.length - MOST_NAMED;
    printMessage(`no run in ${named}${more > 0 ? ` and ${more} more` : ""}`);
  }
  if (flags.export !== undefined) {
    const { exportLogs } = await work.exportingLog();
    const form = flags.export;
    const written = await withProgress(
      flags,
      (progress) => exportLogs(runs, form, { out, overwrite, tell: tellSlow(progress) }),
    );
    return json ? printJson(written) : printResult(written.map(({ file }) => file).join("\n"));
  }
  const { writeReports } = await work.reporting();
  const written = await withProgress(
    flags,
    (progress) => writeReports(runs, { out, overwrite, tell: tellSlow(progress) }),
  );
  if (json) printJson(written);
  else printResult(written.map(({ report }) => report).join("\n"));
}
