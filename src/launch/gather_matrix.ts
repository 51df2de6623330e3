/**
 * From the results of cells to rows with mean and standard deviation, grouped by what may be
 * compared.
 */

import { z } from "zod";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { definitions, matrixMetrics } from "../metrics/metric_table.ts";
import {
  type CellName,
  type FinishedCell,
  type Matrix,
  type MatrixGroup,
  type MatrixRow,
  type MetricColumn,
  type OpenCell,
  type Statistic,
} from "../report/matrix.ts";
import { readResult } from "../run_folder/read_run.ts";
import { tool } from "../tool.ts";
import type { Cell } from "./matrix_cells.ts";

const metrics = z.record(z.string(), z.number().nullable());

/** What a matrix takes from the result.json of a cell. */
export const cellResult = z.object({
  data: z.object({ name: z.string(), provenance: z.string(), ground_truth_rule: z.string() }),
  rules: z.object({
    crop: z.string(),
    selection: z.string(),
    spread: z.string(),
    align: z.string(),
    /** Absent where an older version wrote it. */
    smooth: z.string().default("none"),
  }),
  device: z.looseObject({ kind: z.string().optional(), adapter: z.string().optional() }),
  parameters: z.int().min(0),
  seconds: z.number().min(0),
  best: z.object({
    /** Null for weights that do not say it. */
    step: z.int().min(0).nullable(),
    metrics,
    reasons: z.record(z.string(), z.string()),
  }).nullable(),
  warnings: z.array(z.string()),
  /** Absent where an older version wrote it, and of an imported checkpoint. */
  classes: z.array(z.looseObject({
    className: z.string(),
    withNormal: z.number().nullable(),
  })).default([]),
});

export type CellResult = z.infer<typeof cellResult>;

/** A cell with its result, as read from its folder. */
export interface CellOutcome {
  cell: Cell;
  /** As it was run: with what the matrix itself put into it. */
  config: ResolvedConfig;
  key: string;
  folder: string;
  result: CellResult;
}

/**
 * Reads the result of a finished cell.
 *
 * @throws fault when the file is not what a run writes
 */
export function readCellResult(path: string): Promise<CellResult> {
  return readResult(path, cellResult, "remove its folder, and the cell is run again");
}

/** Mean and sample standard deviation; null without values. */
function statistic(values: readonly number[]): Statistic | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n === 1 ? null : Math.sqrt(squares / (n - 1)), n };
}

/**
 * Everything that a matrix tells: rows in the order of their first cells, those of the grid first.
 *
 * @param kept finished cells that the folder has beside those of the grid
 */
export function gatherMatrix(
  { runners, seeds, official, settings }: Pick<
    Matrix,
    "runners" | "seeds" | "official" | "settings"
  >,
  outcomes: readonly CellOutcome[],
  failed: OpenCell[],
  waiting: OpenCell[],
  stopped: OpenCell[] = [],
  kept: readonly CellOutcome[] = [],
): Matrix {
  const groups = new Map<string, MatrixGroup>();
  const open = Map.groupBy([...failed, ...stopped, ...waiting], labelOf);
  // Settings of a kept cell may be others than those of a row that bears the same name.
  const rows = Map.groupBy(
    [...outcomes, ...kept],
    ({ cell, config, result }) =>
      JSON.stringify([labelOf(cell), numbersOf(config), groupKey(config, result)]),
  );
  const ofGrid = new Set(outcomes);
  for (const cells of rows.values()) {
    const [{ cell, config, result }] = cells;
    const key = groupKey(config, result);
    const group = groups.get(key) ?? { ...groupOf(config, result), rows: [] };
    const left = ofGrid.has(cells[0]) ? open.get(labelOf(cell))?.length ?? 0 : 0;
    group.rows.push(rowOf(cells, cells.length + left));
    groups.set(key, group);
  }
  return {
    tool,
    created: new Date().toISOString(),
    runners,
    seeds,
    official,
    settings,
    groups: [...groups.values()],
    failed,
    stopped,
    waiting,
    definitions: Object.fromEntries(matrixMetrics.map((name) => [name, definitions[name]])),
  };
}

/** Cells of one row have the same. */
function labelOf({ row, runner, varied, official }: Omit<CellName, "seed">): string {
  return JSON.stringify([row, runner, varied, official]);
}

/** The configuration without its seed. */
function numbersOf({ data, runner, trainer, eval: evaluation }: ResolvedConfig): unknown {
  const { published: _, paper: __, ...method } = runner;
  return { data, runner: method, trainer: { ...trainer, seed: 0 }, evaluation };
}

/** What must be equal before two numbers stand in one column. */
function groupOf(config: ResolvedConfig, { data, rules }: CellResult): Omit<MatrixGroup, "rows"> {
  return {
    data: data.name,
    features: config.data.features,
    provenance: data.provenance,
    groundTruthRule: data.ground_truth_rule,
    spread: rules.spread,
    align: rules.align,
    smooth: rules.smooth,
    farThreshold: config.eval.far_threshold,
  };
}

function groupKey(config: ResolvedConfig, result: CellResult): string {
  return JSON.stringify(groupOf(config, result));
}

function rowOf(outcomes: CellOutcome[], planned: number): MatrixRow {
  const [{ cell, config, result }] = outcomes;
  const cells = outcomes.map(finished);
  const { row, runner, varied, official } = cell;
  return {
    ...{ row, runner, varied, official },
    paper: config.runner.paper,
    published: config.runner.published,
    planned,
    metrics: Object.fromEntries(matrixMetrics.map((name) => [name, column(name, outcomes)])),
    classes: classMeans(outcomes),
    parameters: result.parameters,
    seconds: statistic(cells.flatMap(({ seconds }) => seconds ?? [])),
    crop: result.rules.crop,
    selection: result.rules.selection,
    changes: cell.changes,
    device: [...new Set(outcomes.map(({ result: { device } }) => deviceName(device)))].join(", "),
    cells,
  };
}

function classMeans(outcomes: readonly CellOutcome[]): MatrixRow["classes"] {
  const all = Map.groupBy(
    outcomes.flatMap(({ result: { classes } }) => classes),
    ({ className }) => className,
  );
  return Object.fromEntries(
    [...all].map(([name, own]) => [
      name,
      statistic(own.flatMap(({ withNormal }) => withNormal ?? []))?.mean ?? null,
    ]),
  );
}

function deviceName({ kind, adapter }: CellResult["device"]): string {
  return [kind, adapter].filter((part) => part !== undefined).join(" ");
}

function column(name: string, outcomes: readonly CellOutcome[]): MetricColumn {
  const values: number[] = [];
  const reasons = new Set<string>();
  for (const { result: { best } } of outcomes) {
    const value = best?.metrics[name] ?? null;
    if (value !== null) values.push(value);
    else reasons.add(best === null ? "no test videos" : best.reasons[name] ?? "undefined");
  }
  return { value: statistic(values), reasons: [...reasons] };
}

function finished({ cell, key, folder, result }: CellOutcome): FinishedCell {
  const { row, runner, varied, seed, official } = cell;
  return {
    ...{ row, runner, varied, seed, official },
    key,
    folder,
    step: result.best?.step ?? null,
    metrics: result.best?.metrics ?? {},
    seconds: cell.official === null ? result.seconds : null,
    warnings: result.warnings,
  };
}
