/**
 * Stop by median: a cell whose metric at an evaluation is below the median of finished cells at the
 * same step ends there.
 *
 * Which cells it is compared with hangs on its place in the grid alone, so that the same grid stops
 * the same cells however many run at once: those of its row in earlier rounds of five. The cells of
 * the first round run to their end.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readLog } from "../run_folder/log.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { readCellFile, removeCellFile, writeCellFile } from "./cell_files.ts";

/** Cells of a row that are not compared with each other. */
const ROUND = 5;
/** A median of fewer values says nothing. */
const FEWEST = 3;

export const medianRule = z.object({
  metric: z.string(),
  /** By step. */
  medians: z.record(z.string(), z.number()),
});

/** What a cell must reach at each step. */
export type MedianRule = z.infer<typeof medianRule>;

const stoppedCell = z.object({
  step: z.int(),
  metric: z.string(),
  value: z.number(),
  median: z.number(),
});

/** Why a cell ended before its last step. */
export type StoppedCell = z.infer<typeof stoppedCell>;

/**
 * For each cell of a grid the places of those with which it is compared.
 *
 * @param rows name of the row of each cell, in the order of the grid
 */
export function comparedWith(rows: readonly string[]): number[][] {
  const places = new Map<string, number[]>();
  return rows.map((row, i) => {
    const own = places.get(row) ?? [];
    const before = own.slice(0, ROUND * Math.floor(own.length / ROUND));
    places.set(row, [...own, i]);
    return before;
  });
}

/** The rule that finished cells make; those that were stopped themselves are not among them. */
export async function ruleOf(folders: readonly string[], metric: string): Promise<MedianRule> {
  const values = new Map<number, number[]>();
  for (const folder of folders) {
    const { log, result } = runFiles(folder);
    if (!existsSync(result)) continue;
    for (const line of (await readLog(log)).lines) {
      const value = line.kind === "eval" ? line.metrics[metric] ?? null : null;
      if (value !== null) values.set(line.step, [...values.get(line.step) ?? [], value]);
    }
  }
  const medians = [...values].filter(([, found]) => found.length >= FEWEST)
    .map(([step, found]) => [step, median(found)]);
  return { metric, medians: Object.fromEntries(medians) };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Why a cell ends at this evaluation; null where it goes on. */
export function belowMedian(
  { metric, medians }: MedianRule,
  step: number,
  metrics: Readonly<Record<string, number | null | undefined>>,
): StoppedCell | null {
  const value = metrics[metric] ?? null;
  const least = medians[step];
  if (value === null || least === undefined || value >= least) return null;
  return { step, metric, value, median: least };
}

/** "step 40: roc_auc 0.6100, below the median 0.7400" */
export function stoppedText({ step, metric, value, median }: StoppedCell): string {
  return `step ${step}: ${metric} ${value.toFixed(4)}, below the median ${median.toFixed(4)}`;
}

function stoppedPath(folder: string): string {
  return join(folder, "stopped.json");
}

export async function writeStopped(folder: string, why: StoppedCell): Promise<void> {
  await writeCellFile(stoppedPath(folder), why);
}

/**
 * Why the cell was stopped; null where it was not.
 *
 * @throws fault when the file is not what a matrix writes
 */
export function readStopped(folder: string): Promise<StoppedCell | null> {
  return readCellFile(stoppedPath(folder), stoppedCell);
}

/** The cell is to go on: it is asked for without a rule. */
export async function clearStopped(folder: string): Promise<void> {
  await removeCellFile(stoppedPath(folder));
}
