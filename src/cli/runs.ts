/** `wsvad runs`. */

import { Argument, Command } from "commander";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { withJson, withQuiet } from "./shared_options.ts";
import { type RunRow, work } from "./work.ts";

interface RunsFlags {
  quiet?: boolean;
  root: string;
  filter?: string;
  yes?: boolean;
  json?: boolean;
}

const ACTIONS = ["list", "query", "note", "rm"] as const;

export function runsCommand(): Command {
  const command = new Command("runs")
    .summary("list runs, ask about them, note and remove one")
    .description(
      "Lists the runs below a folder, the newest first; query answers read-only SQL over the table " +
        "runs, whose columns settings and metrics are JSON; note writes a line beside a run; rm " +
        "removes one. The index, runs.sqlite in that folder, is made from the run folders and " +
        "can be deleted at any time.",
    )
    .addArgument(new Argument("[action]", "what to do").choices(ACTIONS).default("list"))
    .argument("[words...]", "query: SQL; note: run folder and text; rm: run folders")
    .option("--root <dir>", "folder in which the runs lie", "runs")
    .option(
      "--filter <condition>",
      "list: columns, metrics or settings compared by = != < <= > >= ~, with and, or, not",
    )
    .option("--yes", "rm: remove without asking");
  withQuiet(withJson(command));
  withExamples(command, [
    ["wsvad runs", "all below runs/"],
    [`wsvad runs list --filter 'runner=rtfm and roc_auc > 0.8'`, "those of one method"],
    [`wsvad runs --filter 'runner.optimizer.lr <= 1e-4 or not status=finished'`, "by settings"],
    [
      `wsvad runs query 'SELECT runner, avg(roc_auc) AS mean FROM runs GROUP BY runner'`,
      "means by method",
    ],
    [`wsvad runs note runs/mil-synthetic-seed0 'before the new crops'`, "a line beside a run"],
  ]);
  return command.action(runs);
}

async function runs(
  action: typeof ACTIONS[number],
  words: string[],
  flags: RunsFlags,
): Promise<void> {
  const { listRuns, queryRuns, noteRun, removeRun } = await work.runs();
  const { root, filter, json } = flags;
  if (filter !== undefined && action !== "list") {
    throw fault(RangeError, `Cannot filter with ${action}: --filter is for list`);
  }
  if (action === "list") {
    if (words.length > 0) {
      throw fault(RangeError, `Cannot list "${words[0]}": give the folder by --root`);
    }
    const rows = await withProgress(flags, (progress) => listRuns(root, filter, progress));
    return json ? printJson(rows) : printResult(listText(rows));
  }
  if (action === "query") {
    if (words.length !== 1 || words[0].trim() === "") {
      throw fault(RangeError, "Cannot query: give one SQL text in quotes");
    }
    const rows = await withProgress(flags, (progress) => queryRuns(root, words[0], progress));
    return json ? printJson(rows) : printResult(tableText(rows));
  }
  if (action === "note") {
    const [run, ...note] = words;
    if (run === undefined) throw fault(RangeError, "Cannot note: name a run folder, then the text");
    await noteRun(run, note.join(" "));
    return json ? printJson({ run, note: note.join(" ") }) : printResult(`${run}: noted`);
  }
  if (words.length === 0) throw fault(RangeError, "Cannot remove: name one or more run folders");
  if (!flags.yes) {
    throw fault(
      RangeError,
      `Cannot remove ${words.join(", ")} without being sure: add --yes; weights cannot be had back`,
    );
  }
  for (const run of words) await removeRun(run);
  return json ? printJson({ removed: words }) : printResult(`removed ${words.join(", ")}`);
}

/** A row a run. */
export function listText(rows: RunRow[]): string {
  if (rows.length === 0) return "no runs";
  const digits = (value: RunRow["ap"]) => typeof value === "number" ? value.toFixed(4) : "-";
  const text = (value: RunRow["ap"]) => value === null ? "-" : String(value);
  return columns([
    ["run", "runner", "data", "seed", "step", "roc_auc", "ap", "status", "note"],
    ...rows.map(({ path, runner, data, seed, step, roc_auc, ap, status, note }) => [
      ...[path, runner, data, seed, step].map(text),
      ...[digits(roc_auc), digits(ap), text(status), note === null ? "" : text(note)],
    ]),
  ]);
}

function tableText(rows: Record<string, unknown>[]): string {
  if (rows.length === 0) return "no rows";
  const names = Object.keys(rows[0]);
  return columns([names, ...rows.map((row) => names.map((name) => String(row[name] ?? "-")))]);
}
