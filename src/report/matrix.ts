/** What a matrix found: what matrix.json holds, and what its tables are made of. */

import type { PublishedResult } from "../config/schema/index.ts";
import type { Metrics } from "../metrics/evaluation.ts";
import { metricTable } from "../metrics/metric_table.ts";

/** Mean and sample standard deviation (divisor n - 1) of n values; `std` is null for one value. */
export interface Statistic {
  mean: number;
  std: number | null;
  n: number;
}

/** A metric over the seeds of a row; null where no cell has it, and then why. */
export interface MetricColumn {
  value: Statistic | null;
  reasons: string[];
}

/** What a cell is: a training with a seed, or the weights of an imported checkpoint. */
export interface CellName {
  /** The runner, or the name of a variant of it. */
  row: string;
  runner: string;
  /** The swept settings with the values of this cell: "runner.optimizer.lr=0.001". */
  varied: string[];
  /** Null for an imported checkpoint. */
  seed: number | null;
  /** The file's name; null for a training. */
  official: string | null;
}

/** A cell that was run to its end. */
export interface FinishedCell extends CellName {
  key: string;
  /** Its run folder, below the matrix folder; that of its evaluation where nothing was trained. */
  folder: string;
  /** Step of the kept weights; null where nothing was evaluated, or the weights do not say it. */
  step: number | null;
  metrics: Metrics;
  /** Of the training with its evaluations; null where nothing was trained. */
  seconds: number | null;
  warnings: string[];
}

/** A cell without a result: it failed, or its turn did not come. */
export interface OpenCell extends CellName {
  /** Null where the cell failed before its configuration was complete. */
  key: string | null;
  folder: string | null;
  /** Why; null for a cell that waits. */
  message: string | null;
  /** Whether it failed by a fault of the tool itself. */
  bug?: boolean;
  /** The last lines of its log, where it was a process of its own. */
  log?: string[];
}

/** The cells that share everything but the seed; or one imported checkpoint. */
export interface MatrixRow extends Omit<CellName, "seed"> {
  paper: string;
  published: PublishedResult[];
  /** Cells of the row that the matrix has, finished or not. */
  planned: number;
  metrics: Record<string, MetricColumn>;
  /** ROC-AUC of each class with the normal videos, mean over the seeds; null where undefined. */
  classes: Record<string, number | null>;
  parameters: number;
  /** Training with its evaluations; null where nothing was trained. */
  seconds: Statistic | null;
  crop: string;
  selection: string;
  /** Of the runner's own recipe: "data.batch_size 60 -> 8". */
  changes: string[];
  device: string;
  cells: FinishedCell[];
}

/**
 * Rows whose numbers may stand in one column: the same features, ground truth and rules of
 * comparison.
 */
export interface MatrixGroup {
  data: string;
  /** data.features: i3d, clip ... */
  features: string;
  provenance: string;
  groundTruthRule: string;
  spread: string;
  align: string;
  /** How scores were smoothed, "none" if not. */
  smooth: string;
  farThreshold: number;
  rows: MatrixRow[];
}

export interface Matrix {
  tool: { name: string; version: string };
  created: string;
  /** Names of the rows, as on the command line. */
  runners: string[];
  seeds: number[];
  /** Imported checkpoints, as NAME:FILE. */
  official: string[];
  settings: string[];
  groups: MatrixGroup[];
  failed: OpenCell[];
  /** Cells that ended before their last step, since they were below the median of others. */
  stopped: OpenCell[];
  waiting: OpenCell[];
  definitions: Record<string, string>;
}

/** `84.30`: a share in percent. */
export function percent(value: number): string {
  return (100 * value).toFixed(2);
}

/** `UCF-Crime AUC 84.30 (I3D)`: who reports it where it is not the paper. */
export function publishedText({ by, data, metric, percent, features }: PublishedResult): string {
  const about = [by === "paper" ? "" : by, features].filter((part) => part !== "").join(", ");
  return `${data} ${metricTable[metric].paper} ${percent.toFixed(2)}${
    about === "" ? "" : ` (${about})`
  }`;
}

/** `synthetic, i3d features`: the heading of a group. */
export function groupTitle({ data, features, smooth }: MatrixGroup): string {
  return `${data}, ${features} features${smooth === "none" ? "" : ", smoothed scores"}`;
}

/** What the numbers of a group rest on, one fact an entry. */
export function groupFacts(group: MatrixGroup): [string, string][] {
  return [
    ["Features", group.provenance],
    ["Ground truth", group.groundTruthRule],
    ["Spread", group.spread],
    ["Alignment", group.align],
    ["Smoothing", group.smooth],
    ["Alarm above", String(group.farThreshold)],
  ];
}

/**
 * Why metrics of a group are missing, each reason once; rows refer to them by their number from 1
 * on.
 */
export function groupReasons({ rows }: MatrixGroup): string[] {
  return [
    ...new Set(rows.flatMap((row) => Object.values(row.metrics).flatMap(({ reasons }) => reasons))),
  ];
}

/** Why a cell failed, and whose fault that is: "a bug in wsvad 1.0.0: ...". */
export function failureText({ message, bug }: OpenCell, { tool }: Matrix): string {
  return bug ? `a bug in ${tool.name} ${tool.version}: ${message}` : message ?? "";
}

/**
 * `rtfm`, with what its row varies: `rtfm runner.head.k=5`; `rtfm, imported` for a row of weights
 * that were not trained here.
 */
export function rowName(
  { row, varied, official }: Pick<CellName, "row" | "varied" | "official">,
): string {
  return official === null ? [row, ...varied].join(" ") : `${row}, imported`;
}

/** `rtfm, seed 0`, or `rtfm, imported best.pkl`. */
export function cellName(cell: CellName): string {
  const { seed, official } = cell;
  return `${rowName(cell)}${official === null ? `, seed ${seed}` : ` ${official}`}`;
}

/** `2 of 3` where cells are missing; the file of an imported checkpoint, which has no seeds. */
export function seedsText({ cells, planned, official }: MatrixRow): string {
  if (official !== null) return official;
  return cells.length === planned ? String(planned) : `${cells.length} of ${planned}`;
}

/** How many of the cells are done: "21 of 21 cells". */
export function cellCount({ groups, failed, stopped, waiting }: Matrix): string {
  const done = groups.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.cells.length, 0);
  const all = done + failed.length + stopped.length + waiting.length;
  return `${done} of ${all} cells${
    stopped.length === 0 ? "" : `, ${stopped.length} stopped by the median`
  }`;
}
