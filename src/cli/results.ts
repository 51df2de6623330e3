/** Results as text for a person: metrics, where files lie, warnings. */

import type { ClassMetrics, Metrics } from "../metrics/evaluation.ts";
import { inOrder } from "../metrics/metric_table.ts";
import { columns } from "./output.ts";
import type { EvaluationResult, RunResult, VerifyReport } from "./work.ts";

const NONE = "-";

/** Four digits after the point, as papers print them. */
function digits(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toFixed(4);
}

/** One row a metric; columns are the evaluations of a run, intervals those of the first. */
function metricRows(
  titles: string[],
  evaluations: (Metrics | undefined)[],
  reasons: Record<string, string> = {},
  intervals: Record<string, { low: number; high: number }> = {},
): string[][] {
  const some = Object.keys(intervals).length > 0;
  const range = (name: string) =>
    Object.hasOwn(intervals, name)
      ? `${digits(intervals[name].low)} - ${digits(intervals[name].high)}`
      : "";
  const given = new Set(evaluations.flatMap((metrics) => Object.keys(metrics ?? {})));
  const names = inOrder([...given]);
  return [
    ["metric", titles[0], ...(some ? ["95 % interval"] : []), ...titles.slice(1), ""],
    ...names.map((name) => [
      name,
      digits(evaluations[0]?.[name]),
      ...(some ? [range(name)] : []),
      ...evaluations.slice(1).map((metrics) => digits(metrics?.[name])),
      reasons[name] === undefined ? "" : `(${reasons[name]})`,
    ]),
  ];
}

export function runText(result: RunResult): string {
  const { best, last, late, select, intervals, smooth } = result;
  const lines: string[] = [];
  if (best === null) {
    lines.push("No evaluation: the data has no test videos");
  } else {
    const titles = [`${select === "last" ? "kept" : "best"} (step ${best.step})`];
    if (last !== null) titles.push(`last (step ${last.step})`);
    lines.push(columns(metricRows(titles, [best.metrics, last?.metrics], best.reasons, intervals)));
    lines.push(...smoothLines(smooth));
  }
  if (late !== null && late.n > 1) {
    lines.push(
      "",
      `late half: roc_auc ${digits(late.mean)} +- ${digits(late.std)} over ${late.n} evaluations`,
    );
  }
  lines.push(...thresholdLines(result.threshold));
  lines.push(
    "",
    `${result.steps} steps in ${result.seconds.toFixed(1)} s`,
    `run     ${result.runFolder}`,
    `report  ${result.report}`,
  );
  return lines.join("\n");
}

/** The threshold that was chosen on the test videos, and what it costs. */
function thresholdLines(threshold: RunResult["threshold"]): string[] {
  if (threshold === null || threshold.chosen === null) return [];
  const { rule, chosen: { threshold: value, precision, recall, f1, ...costs } } = threshold;
  const found = `precision ${digits(precision)}, recall ${digits(recall)}, F1 ${digits(f1)}`;
  const perHour = costs.false_alarms_per_hour;
  const alarms = perHour === null ? "" : `, ${perHour.toFixed(1)} false alarms an hour`;
  return ["", `threshold ${value.toPrecision(4)} by ${rule}: ${found}${alarms}`];
}

/** Said below every table whose scores were smoothed. */
function smoothLines(smooth: string | null): string[] {
  return smooth === null ? [] : [`scores smoothed, but for unsmoothed_ metrics: ${smooth}`];
}

export function evaluationText(
  { evaluation, threshold, intervals, checkpoint, videos, smooth, report }: EvaluationResult,
): string {
  const lines = [
    columns(metricRows([`${videos} videos`], [evaluation.metrics], evaluation.reasons, intervals)),
    ...smoothLines(smooth),
  ];
  if (evaluation.classes.length > 0) lines.push("", columns(classRows(evaluation.classes)));
  lines.push(...thresholdLines(threshold));
  const { frames, cut, extended, events, events_cut: lost } = evaluation.alignment;
  const eventsCut = lost === 0 ? "" : `; ${lost} of ${events} events cut away`;
  lines.push("", `${frames} frames compared, ${cut} cut, ${extended} extended${eventsCut}`);
  lines.push(`checkpoint  ${checkpoint}`);
  if (report !== null) lines.push(`report      ${report}`);
  return lines.join("\n");
}

function classRows(classes: ClassMetrics[]): string[][] {
  return [
    ["class", "videos", "auc with normal", "auc alone"],
    ...classes.map(({ className, videos, withNormal, only }) => [
      className,
      String(videos),
      digits(withNormal),
      digits(only),
    ]),
  ];
}

/** A line a case, below it a line a tensor with its difference and its limit, and a summary. */
export function verifyText({ device, cases }: VerifyReport): string {
  const status = (ok: boolean) => ok ? "ok  " : "FAIL";
  const lines = cases.flatMap(({ folder, case: name, ok, seconds, tensors, error }) => [
    error === undefined
      ? `${status(ok)}  ${folder}  ${
        count(tensors.length, name === "recipe" ? "setting" : "tensor")
      } in ${seconds.toFixed(1)} s`
      : `${status(ok)}  ${folder}\n      ${error}`,
    ...(tensors.length === 0 ? [] : [
      columns(tensors.map((tensor) => [status(tensor.ok), tensor.name, comparison(tensor)]), "  "),
    ]),
  ]);
  const passed = cases.filter(({ ok }) => ok).length;
  lines.push("", `${passed} of ${cases.length} cases passed on ${device.name}`);
  const nearest = cases.flatMap(({ folder, tensors }) =>
    tensors.flatMap(({ name, difference, limit }) =>
      difference ? [{ what: `${name} of ${folder}`, share: difference / limit }] : []
    )
  ).sort((a, b) => b.share - a.share).at(0);
  if (nearest !== undefined && passed === cases.length) {
    lines.push(`nearest to its limit: ${nearest.what}, at ${(100 * nearest.share).toFixed(1)} %`);
  }
  return lines.join("\n");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function comparison({ difference, limit, note }: VerifyReport["cases"][0]["tensors"][0]): string {
  if (difference === null) return note ?? "";
  const found = difference === 0
    ? "exact"
    : `difference ${difference.toExponential(1)}, ${limit.toExponential(1)} allowed`;
  return note === undefined ? found : `${found} (${note})`;
}

/** Videos that could not be decoded, a line each. */
export function failureLines(failed: readonly { reason: string }[]): string[] {
  return [
    `${failed.length} ${failed.length === 1 ? "video" : "videos"} failed:`,
    ...failed.map(({ reason }) => `  ${reason}`),
  ];
}
