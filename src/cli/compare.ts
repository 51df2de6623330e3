/** `wsvad compare`. */

import { Command } from "commander";
import { inOrder } from "../metrics/metric_table.ts";
import { tellSlow } from "../progress.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { withJson, withQuiet } from "./shared_options.ts";
import { type Comparison, work } from "./work.ts";

interface CompareFlags {
  out?: string;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function compareCommand(): Command {
  const command = new Command("compare")
    .summary("put runs side by side")
    .description(
      "Prints the metrics of runs side by side, the settings that differ, and for each run the " +
        "difference from the first with its 95 % interval, over the same test videos drawn anew. " +
        "Says where runs differ in features, ground truth, rules or version. Reads the run folders " +
        "alone, and writes nothing but --out.",
    )
    .argument("<runs...>", "two or more run folders; differences are from the first")
    .option("--out <file>", "also write a page: curves over each other, classes, videos")
    .option("--overwrite", "replace this file where it exists");
  withQuiet(withJson(command));
  withExamples(command, [
    ["wsvad compare runs/mil-synthetic-seed0 runs/rtfm-synthetic-seed0", "two methods"],
    ["wsvad compare runs/pair/cells/* --out pair.html", "all cells of a matrix, with a page"],
  ]);
  return command.action(compare);
}

async function compare(folders: string[], flags: CompareFlags): Promise<void> {
  const { runCompare, writeComparison } = await work.comparing();
  const comparison = await withProgress(
    flags,
    (progress) => runCompare(folders, tellSlow(progress)),
  );
  if (flags.out !== undefined) {
    await writeComparison(flags.out, comparison, flags.overwrite ?? false);
  }
  for (const warning of comparison.warnings) printMessage(`warning: ${warning}`);
  if (flags.json) printJson(comparison);
  else printResult(comparisonText(comparison, flags.out ?? null));
}

const digits = (value: number | null | undefined) => value?.toFixed(4) ?? "-";
const signed = (value: number) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;

/** Metrics, differences and settings as text. */
export function comparisonText({ runs, settings, common }: Comparison, out: string | null): string {
  const names = inOrder([...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))]);
  const lines = [
    ...runs.map(({ name, runner }, i) => `${i + 1}  ${name} (${runner})`),
    "",
    columns([
      ["metric", ...runs.map((_, i) => String(i + 1))],
      ...names.map((name) => [name, ...runs.map(({ metrics }) => digits(metrics[name]))]),
      ["kept step", ...runs.map(({ step }) => String(step ?? "-"))],
    ]),
  ];
  runs.forEach(({ paired }, i) => {
    if (paired === null) return;
    lines.push("", `${i + 1} less 1, over ${common[i]} test videos`);
    lines.push(columns(
      [
        ["metric", "difference", "95 % interval", "p"],
        ...Object.entries(paired).map(([name, { difference, low, high, p }]) => [
          name,
          signed(difference),
          `${signed(low)} to ${signed(high)}`,
          p < 0.001 ? "< 0.001" : p.toFixed(3),
        ]),
      ],
      "  ",
    ));
  });
  lines.push("", settings.length === 0 ? "all settings are the same" : "settings that differ");
  if (settings.length > 0) {
    lines.push(columns(settings.map(({ key, values }) => [key, ...values]), "  "));
  }
  if (out !== null) lines.push("", out);
  return lines.join("\n");
}
