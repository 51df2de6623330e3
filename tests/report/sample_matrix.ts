/** A matrix with swept rows, as pages and tables show it. */

import type { Matrix, MatrixRow } from "../../src/report/matrix.ts";
import type { RowDetails } from "../../src/report/matrix_sections.ts";

/** A matrix of these rows, in one table; the cell of rtfm with seed 1 has failed. */
export function sampleMatrix(...rows: MatrixRow[]): Matrix {
  const failed = { row: "rtfm", runner: "rtfm", varied: [], seed: 1, official: null };
  return {
    tool: { name: "wsvad", version: "1.2.3" },
    created: "2026-11-22T10:20:30.000Z",
    ...{ runners: ["mil"], seeds: [0, 1], official: [], settings: ["trainer=quick"] },
    groups: [{
      data: "synthetic",
      features: "i3d",
      provenance: "seed 0, [2, T, 256]",
      groundTruthRule: "synthetic",
      spread: "every score stands for 16 frames",
      align: "cut",
      smooth: "none",
      farThreshold: 0.5,
      rows,
    }],
    failed: [{ ...failed, key: null, folder: null, message: "no room | 50 % & <b>" }],
    ...{ stopped: [], waiting: [] },
    definitions: { roc_auc: "area", ap: "precision", abnormal_auc: "inside", far_normal: "alarms" },
  };
}

/** The mean of two seeds. */
const meanOfTwo = (mean: number) => ({ value: { mean, std: 0.0123, n: 2 }, reasons: [] });

/** A row of two finished cells, with these ROC-AUCs. */
export function sampleRow(
  runner: string,
  { varied = [], aucs = [0.9, 0.92] }: { varied?: string[]; aucs?: number[] } = {},
): MatrixRow {
  const name = { row: runner, runner, varied, official: null };
  return {
    ...name,
    paper: "Somebody et al.",
    published: [
      { by: "paper", data: "UCF-Crime", metric: "roc_auc", percent: 84.3, features: "I3D" },
    ],
    planned: 3,
    metrics: {
      roc_auc: meanOfTwo(0.91234),
      ap: meanOfTwo(0.5),
      abnormal_auc: meanOfTwo(0.7),
      far_normal: meanOfTwo(0.05),
    },
    classes: {},
    parameters: 1234567,
    seconds: { mean: 61, std: null, n: 1 },
    crop: "scores averaged over the crops",
    selection: "best roc_auc",
    changes: ["data.batch_size 60 -> 8"],
    device: "cpu",
    cells: aucs.map((auc, seed) => ({
      ...{ ...name, seed, key: "0123456789ab", step: 100, seconds: 61, warnings: [] },
      folder: `cells/${runner}-seed${seed}-0123456789ab`,
      metrics: { roc_auc: auc, ap: auc / 2 },
    })),
  };
}

/** Six rows: two methods with three rates each, two seeds. */
export function sweptMatrix(): { matrix: Matrix; details: RowDetails[][] } {
  const rows = ["mil", "rtfm"].flatMap((runner, m) =>
    ["1e-4", "1e-3", "1e-2"].map((rate, r) => sweptRow(runner, rate, 0.7 + m / 10 + r / 50))
  );
  const matrix = { ...sampleMatrix(...rows), runners: ["mil", "rtfm"], failed: [] };
  return { matrix, details: [rows.map((row, i) => detailsOf(row, i))] };
}

function sweptRow(runner: string, rate: string, auc: number): MatrixRow {
  const varied = [`runner.optimizer.lr=${rate}`];
  const row = sampleRow(runner, { varied, aucs: [auc - 0.01, auc + 0.01] });
  return {
    ...row,
    planned: 2,
    published: [
      ...row.published,
      { by: "others/repository", data: "XD-Violence", metric: "ap", percent: 78, features: "I3D" },
    ],
    metrics: {
      ...row.metrics,
      roc_auc: meanOfTwo(auc),
      ap: meanOfTwo(auc / 2),
      abnormal_auc: meanOfTwo(auc - 0.1),
    },
    classes: { Abuse: auc, Robbery: null },
  };
}

function detailsOf(row: MatrixRow, i: number): RowDetails {
  const curve = { x: [0, 0.2, 1], y: [0, 0.6 + i / 20, 1] };
  const difference = { difference: i / 50, low: i / 50 - 0.03, high: i / 50 + 0.03, p: 0.5 };
  return {
    seed: 0,
    run: {
      ...{ name: row.runner, runner: row.runner, step: 100, steps: 100, seconds: 61 },
      ...{ metrics: {}, intervals: {}, late: null, classes: {} },
      ...{ roc: curve, pr: curve, loss: curve, auc: curve, ap: curve },
      paired: i === 0 ? null : { roc_auc: difference },
    },
  };
}
