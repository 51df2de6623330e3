/** A matrix as LaTeX: one table for each kind of features, for a paper that uses booktabs. */

import { matrixMetrics, metricTable } from "../metrics/metric_table.ts";
import {
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
} from "./matrix.ts";
import { duration } from "./run_sections.ts";

/** Renders the tables of a matrix; a document needs `\usepackage{booktabs}`. */
export function renderMatrixLatex(matrix: Matrix): string {
  const { tool, created, settings, failed, stopped, waiting, definitions } = matrix;
  const remarks = [
    `${tool.name} ${tool.version}, ${created}${
      settings.length === 0 ? "" : `, settings ${settings.join(" ")}`
    }`,
    "needs \\usepackage{booktabs}",
    ...matrixMetrics.map((name) => `${metricTable[name].column}: ${definitions[name]}`),
    ...failed.map((cell) => `failed: ${cellName(cell)}: ${failureText(cell, matrix)}`),
    ...stopped.map((cell) => `stopped: ${cellName(cell)}: ${cell.message}`),
    ...waiting.map((cell) => `not run yet: ${cellName(cell)}`),
  ];
  return [
    ...remarks.map((line) => `% ${line.replace(/\s+/g, " ")}`),
    "",
    ...matrix.groups.map((group, i) => groupTable(group, i + 1)),
  ].join("\n") + "\n";
}

function groupTable(group: MatrixGroup, number: number): string {
  const reasons = groupReasons(group);
  const head = [
    "Method",
    ...matrixMetrics.map((name) => metricTable[name].column),
    "Parameters",
    "Training",
    "Published",
  ];
  const rows = group.rows.map((row) => [
    escape(rowName(row)),
    ...matrixMetrics.map((name) => metricText(row, name, reasons)),
    escape(row.parameters.toLocaleString("en")),
    row.seconds === null ? "--" : escape(duration(row.seconds.mean)),
    escape(row.published.map(publishedText).join("; ")),
  ]);
  const facts = groupFacts(group).map(([name, value]) => `${name}: ${value}.`);
  const rules = group.rows.map((row) =>
    `${rowName(row)}: ${
      row.official ?? `${row.cells.length} of ${row.planned} seeds`
    }, ${row.crop}, ${row.selection}; ` +
    (row.changes.length === 0 ? "its own recipe" : `changed: ${row.changes.join(", ")}`)
  );
  const notes = reasons.map((reason, i) => `$^{${i + 1}}$ ${escape(reason)}.`);
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${escape(groupTitle(group))}. ${escape(facts.join(" "))} In percent, ` +
    `mean $\\pm$ sample standard deviation over seeds.${notes.map((n) => ` ${n}`).join("")}}`,
    `\\label{tab:matrix-${number}}`,
    ...rules.map((line) => `% ${line.replace(/\s+/g, " ")}`),
    `\\begin{tabular}{l${"r".repeat(matrixMetrics.length + 2)}p{5cm}}`,
    "\\toprule",
    `${head.map(escape).join(" & ")} \\\\`,
    "\\midrule",
    ...rows.map((cells) => `${cells.join(" & ")} \\\\`),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
  ].join("\n");
}

function metricText(row: MatrixRow, name: string, reasons: string[]): string {
  const { value, reasons: own } = row.metrics[name];
  const notes = own.map((reason) => reasons.indexOf(reason) + 1);
  const mark = notes.length === 0 ? "" : `$^{${notes.join(",")}}$`;
  if (value === null) return `--${mark}`;
  const spread = value.std === null ? "" : ` \\pm ${percent(value.std)}`;
  return `$${percent(value.mean)}${spread}$${mark}`;
}

const ESCAPES: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
};

/** Text in which LaTeX reads no command. */
function escape(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\~^<>&%$#_{}]/g, (c) => ESCAPES[c] ?? `\\${c}`);
}
