/** `wsvad report`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withJson } from "./shared_options.ts";
import { work } from "./work.ts";

interface ReportFlags {
  out?: string;
  overwrite?: boolean;
  json?: boolean;
}

export function reportCommand(): Command {
  const command = new Command("report")
    .summary("make the page of a run again")
    .description(
      "Writes report.html of a run again, from its folder alone: needs neither model, data nor " +
        "device. A run that was stopped, or still runs, gets the page of its last evaluation. A run " +
        "of an older version gets what its files tell, and the page names what they do not.",
    )
    .argument("<runs...>", "run folders")
    .option("--out <file>", "write the page of one run to this file instead")
    .option("--overwrite", "replace this file where it exists");
  withJson(command);
  withExamples(command, [
    ["wsvad report runs/mil-synthetic-seed0", "after an update of wsvad, or a stop"],
    ["wsvad report runs/*", "of all runs"],
    ["wsvad report runs/mil-synthetic-seed0 --out mil.html", "elsewhere, the run folder stays"],
  ]);
  return command.action(report);
}

async function report(runs: string[], { out, overwrite, json }: ReportFlags): Promise<void> {
  const { writeReports } = await work.reporting();
  const written = await writeReports(runs, { out, overwrite });
  if (json) printJson(written);
  else printResult(written.map(({ report }) => report).join("\n"));
}
