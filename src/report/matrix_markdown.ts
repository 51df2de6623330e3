/** A matrix as Markdown. */

import { matrixMetrics, metricTable } from "../metrics/metric_table.ts";
import {
  cellCount,
  cellName,
  failureText,
  groupFacts,
  groupReasons,
  groupTitle,
  type Matrix,
  type MatrixGroup,
  type MatrixRow,
  percent,
  publishedText,
  rowName,
  seedsText,
} from "./matrix.ts";
import { duration } from "./run_sections.ts";

/** Renders the tables of a matrix, one for each kind of features. */
export function renderMatrixMarkdown(matrix: Matrix): string {
  const { tool, created, settings, seeds, failed, stopped, waiting } = matrix;
  const about = [
    cellCount(matrix),
    seeds.length === 0 ? "" : `seeds ${seeds.join(", ")}`,
    settings.length === 0 ? "" : `settings ${code(settings.join(" "))}`,
    `${tool.name} ${tool.version}, ${created.slice(0, 16).replace("T", " ")} UTC`,
  ].filter((part) => part !== "");
  return [
    "# Matrix",
    about.join("; ") + ".",
    ...matrix.groups.flatMap((group) => groupParts(group, matrix.groups.length)),
    ...(failed.length === 0 ? [] : [
      "## Failed",
      table(["cell", "message"], [
        ...failed.map((cell) => [text(cellName(cell)), text(failureText(cell, matrix))]),
      ]),
    ]),
    ...(stopped.length === 0 ? [] : [
      "## Stopped by the median",
      table(
        ["cell", "at"],
        stopped.map((cell) => [text(cellName(cell)), text(cell.message ?? "")]),
      ),
    ]),
    ...(waiting.length === 0 ? [] : [
      "## Not run yet",
      waiting.map((cell) => text(cellName(cell))).join("; "),
    ]),
    "## Metrics",
    "In percent; mean and sample standard deviation over the seeds, of the kept weights of each run.",
    matrixMetrics.map((name) => `- ${metricTable[name].column}: ${text(matrix.definitions[name])}`)
      .join("\n"),
    "Training: seconds with all evaluations. Published numbers are on other data or features than the " +
    "columns beside them, unless their own text says the same.",
  ].join("\n\n") + "\n";
}

function groupParts(group: MatrixGroup, groups: number): string[] {
  const reasons = groupReasons(group);
  return [
    `## ${text(groupTitle(group))}`,
    ...(groups > 1
      ? ["Numbers of this table are not comparable with those of the others: the features differ."]
      : []),
    groupFacts(group).map(([name, value]) => `- ${name}: ${text(value)}`).join("\n"),
    table(
      [
        "runner",
        ...matrixMetrics.map((name) => metricTable[name].column),
        "parameters",
        "training",
        "seeds",
        "published",
      ],
      group.rows.map((row) => [
        text(rowName(row)),
        ...matrixMetrics.map((name) => metricText(row, name, reasons)),
        row.parameters.toLocaleString("en"),
        row.seconds === null ? "\u2013" : duration(row.seconds.mean),
        text(seedsText(row)),
        row.published.map(publishedText).map(text).join("; "),
      ]),
    ),
    ...reasons.map((reason, i) => `(${i + 1}) ${text(reason)}`),
    table(
      ["runner", "crops", "selection", "device", "changed from its own recipe"],
      group.rows.map((row) => [
        text(rowName(row)),
        text(row.crop),
        text(row.selection),
        text(row.device),
        row.changes.map(code).join(", ") || "nothing",
      ]),
    ),
  ];
}

function metricText(row: MatrixRow, name: string, reasons: string[]): string {
  const { value, reasons: own } = row.metrics[name];
  const notes = own.map((reason) => ` (${reasons.indexOf(reason) + 1})`).join("");
  if (value === null) return `\u2013${notes}`;
  const spread = value.std === null ? "" : ` \u00b1 ${percent(value.std)}`;
  return `${percent(value.mean)}${spread}${notes}`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text that stays text: on one line, and without what Markdown or HTML would read. */
function text(value: string): string {
  return value.replace(/\s+/g, " ").replace(/[\\`*_|<>\[\]]/g, (c) => `\\${c}`);
}

function code(value: string): string {
  return `\`${value.replace(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}
