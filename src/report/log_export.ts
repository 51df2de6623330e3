/** The log of a run for other tools: one table, or the scalars that TensorBoard draws. */

import type { ScalarEvent } from "../io/tensorboard_events.ts";
import { inOrder } from "../metrics/metric_table.ts";
import type { LogLine } from "../run_folder/log.ts";
import { csvField } from "./score_tables.ts";

/** Terms of a line times their weight, so that they add up to the loss; null: not finite. */
function termsOf(line: LogLine, weights: Record<string, number>): Record<string, number | null> {
  if (line.kind !== "step") return {};
  if (line.weighted) return line.terms;
  return Object.fromEntries(
    Object.entries(line.terms).map(([name, value]) => [
      name,
      value === null ? null : value * (weights[name] ?? 1),
    ]),
  );
}

/**
 * A row a line of the log; what a line does not have is empty. `elapsed` counts seconds from the
 * beginning of the run.
 *
 * @param weights of the loss terms, for lines of earlier versions
 */
export function logCsv(log: readonly LogLine[], weights: Record<string, number>): string {
  const terms = log.map((line) => termsOf(line, weights));
  const names = [...new Set(terms.flatMap(Object.keys))];
  const metrics = inOrder([
    ...new Set(log.flatMap((line) => line.kind === "eval" ? Object.keys(line.metrics) : [])),
  ]);
  const head = [
    ...["kind", "step", "epoch", "elapsed", "seconds", "loss", ...names.map((n) => `term.${n}`)],
    ...["lr", "memory_peak_bytes", ...metrics, "best"],
  ];
  let elapsed = 0;
  const rows = log.map((line, i) => {
    elapsed += line.seconds;
    const place = [line.kind, line.step, line.epoch, Number(elapsed.toFixed(3)), line.seconds];
    const own = line.kind === "step"
      ? [
        ...[line.loss, ...names.map((name) => terms[i][name])],
        ...[line.lr, line.memory_peak_bytes, ...metrics.map(() => null), null],
      ]
      : [
        ...[null, ...names.map(() => null), null, null],
        ...[...metrics.map((name) => line.metrics[name]), line.best],
      ];
    return [...place, ...own].map((value) => value ?? "");
  });
  return [head.map(csvField), ...rows].map((row) => row.join(",") + "\n").join("");
}

/**
 * Scalars by the tags `train/loss`, `train/term/NAME`, `train/lr`, `train/memory_peak_bytes` and
 * `test/METRIC`. What is not finite or undefined is left out.
 *
 * @param end seconds since 1970 at the last line
 */
export function logScalars(
  log: readonly LogLine[],
  weights: Record<string, number>,
  end: number,
): ScalarEvent[] {
  let wallTime = end - log.reduce((sum, { seconds }) => sum + seconds, 0);
  return log.map((line) => {
    wallTime += line.seconds;
    const found: [string, number | null | undefined][] = line.kind === "step"
      ? [
        ["train/loss", line.loss],
        ...Object.entries(termsOf(line, weights)).map(
          ([name, value]): [string, number | null] => [`train/term/${name}`, value],
        ),
        ["train/lr", line.lr],
        ["train/memory_peak_bytes", line.memory_peak_bytes],
      ]
      : Object.entries(line.metrics).map(([name, value]) => [`test/${name}`, value]);
    const scalars = found.filter((pair): pair is [string, number] => Number.isFinite(pair[1]));
    return { wallTime, step: line.step, scalars: Object.fromEntries(scalars) };
  });
}
