/** A matrix as text for the terminal. */

import { matrixMetrics, metricTable } from "../metrics/metric_table.ts";
import {
  cellCount,
  cellName,
  failureText,
  groupFacts,
  groupReasons,
  groupTitle,
  type MatrixRow,
  percent,
  rowName,
} from "../report/matrix.ts";
import { columns } from "./output.ts";
import type { LaunchedCells, MatrixPlan, MatrixResult } from "./work.ts";

/** A table for each kind of features, then what failed and where everything lies. */
export function matrixText(matrix: MatrixResult & Partial<LaunchedCells>): string {
  const { groups, failed, stopped, waiting, files } = matrix;
  const parts = groups.map((group) => {
    const reasons = groupReasons(group);
    const head = ["runner", ...matrixMetrics.map((name) => metricTable[name].column)];
    return [
      groupTitle(group),
      ...groupFacts(group).map(([name, value]) => `  ${name}: ${value}`),
      "",
      columns([
        [...head, "parameters", "seconds", "seeds"],
        ...group.rows.map((row) => [
          rowName(row),
          ...matrixMetrics.map((name) => metricText(row, name, reasons)),
          row.parameters.toLocaleString("en"),
          row.seconds?.mean.toFixed(0) ?? "-",
          row.official ?? `${row.cells.length} of ${row.planned}`,
        ]),
      ]),
      ...reasons.map((reason, i) => `(${i + 1}) ${reason}`),
    ].join("\n");
  });
  const open = [
    ...failed.map((cell) =>
      `failed: ${cellName(cell)}: ${failureText(cell, matrix)}${
        (cell.log ?? []).map((line) => `\n  | ${line}`).join("")
      }`
    ),
    ...stopped.map((cell) => `stopped: ${cellName(cell)}: ${cell.message}`),
    ...waiting.map((cell) => `not run: ${cellName(cell)}`),
  ];
  return [
    ...parts,
    ...(open.length === 0 ? [] : [open.join("\n")]),
    ...launchedText(matrix),
    `${cellCount(matrix)}; ${files.html}, ${files.markdown}, ${files.latex}, ${files.json}`,
  ].join("\n\n");
}

/** What a launcher has submitted that does not wait for it. */
function launchedText({ submitted, queued = 0 }: Partial<LaunchedCells>): string[] {
  if (submitted === undefined) return [];
  const lines = submitted.map(({ job, script, tasks }) =>
    `submitted: job ${job}, ${tasks} ${tasks === 1 ? "cell" : "cells"}, ${script}`
  );
  if (queued > 0) lines.push(`queued before: ${queued} ${queued === 1 ? "cell" : "cells"}`);
  if (lines.length === 0) return [];
  lines.push(
    "the same command again writes the tables of what is finished, and submits what is missing",
  );
  return [lines.join("\n")];
}

function metricText(row: MatrixRow, name: string, reasons: string[]): string {
  const { value, reasons: own } = row.metrics[name];
  const notes = own.map((reason) => `(${reasons.indexOf(reason) + 1})`);
  const number = value === null
    ? "-"
    : `${percent(value.mean)}${value.std === null ? "" : ` +- ${percent(value.std)}`}`;
  return [number, ...notes].join(" ");
}

/** The cells that there would be, one a line, and how many. */
export function planText({ folder, cells }: MatrixPlan): string {
  const left = cells.filter(({ state }) => state !== "finished").length;
  return [
    columns([
      ["cell", "state", "folder"],
      ...cells.map(({ cell, state, folder }) => [cell, state, folder]),
    ]),
    `${cells.length} ${cells.length === 1 ? "cell" : "cells"} in ${folder}, ${left} to run`,
  ].join("\n\n");
}
