/** What the live page shows of a run: how far it is, how fast, and its curves so far. */

import { paperMetrics } from "../metrics/metric_table.ts";
import type { LoggedStep, LogLine } from "../run_folder/log.ts";
import type { PageConfig } from "../run_folder/page_config.ts";
import type { ReadFacts } from "../run_folder/read_run.ts";
import { lossChart, metricChart, type StepChart } from "./run_charts.ts";

/** `damaged`: its files cannot be read, and `fault` says why. */
export type RunState = "running" | "stopped" | "finished" | "damaged";

export interface WatchedRun {
  /** Folder, as it was named or found. */
  folder: string;
  state: RunState;
  fault: string | null;
  runner: string;
  data: string;
  seed: number;
  device: string | null;
  step: number;
  /** Steps that the run is to make; null where they are not told. */
  of: number | null;
  epoch: number;
  loss: number | null;
  lr: number | null;
  /** ROC-AUC of the last evaluation, and the best so far. */
  auc: { last: number | null; best: number | null } | null;
  /** Videos a second over the last lines, evaluations left out. */
  videosPerSecond: number | null;
  /** Until the last step, at the pace of the last lines with their evaluations. */
  secondsLeft: number | null;
  seconds: number;
  /** Bytes of tensors on the device at most. */
  memoryPeakBytes: number | null;
  /** When its log grew last, in milliseconds since 1970; null without a log. */
  grown: number | null;
  lossChart: StepChart;
  metricChart: StepChart;
}

/** Lines over which the pace is taken. */
const RECENT = 40;

/** What was read of a run. */
export interface RunLook {
  folder: string;
  state: RunState;
  config: PageConfig;
  facts: ReadFacts | null;
  lines: readonly LogLine[];
  grown: number | null;
}

export function watchedRun(
  { folder, state, config, facts, lines, grown }: RunLook,
): WatchedRun {
  const { runner, data, trainer } = config;
  const log = [...lines];
  const steps = log.filter((line): line is LoggedStep => line.kind === "step");
  const last = steps.at(-1);
  const aucs = log.flatMap((line) => line.kind === "eval" ? [line.metrics.roc_auc ?? null] : []);
  const step = log.at(-1)?.step ?? 0;
  const of = facts?.steps ?? trainer.max_steps;
  const each = secondsPerStep(log, () => true);
  const trained = secondsPerStep(log, ({ kind }) => kind === "step");
  const weights = Object.fromEntries(runner.loss.map(({ name, weight }) => [name, weight]));
  const charts = metricChart(log, paperMetrics);
  return {
    folder,
    state,
    fault: null,
    runner: facts?.runner ?? runner.name,
    data: facts?.data.name ?? data.name ?? "",
    seed: facts?.seed ?? trainer.seed,
    device: facts?.device.name ?? null,
    step,
    of,
    epoch: log.at(-1)?.epoch ?? 0,
    loss: last?.loss ?? null,
    lr: last?.lr ?? null,
    auc: aucs.length === 0 ? null : {
      last: aucs[aucs.length - 1],
      best: aucs.reduce<number | null>(
        (best, value) => value !== null && (best === null || value > best) ? value : best,
        null,
      ),
    },
    videosPerSecond: trained && 2 * data.batch_size * trainer.accumulate / trained,
    secondsLeft: state === "running" && of !== null && each !== null
      ? Math.max(0, of - step) * each
      : null,
    seconds: log.reduce((sum, { seconds }) => sum + seconds, 0),
    memoryPeakBytes: last?.memory_peak_bytes ?? null,
    grown,
    lossChart: lossChart(log, weights),
    metricChart: charts,
  };
}

/** A run of which no more can be told than why. */
export function damagedRun(folder: string, fault: string): WatchedRun {
  const nothing: StepChart = { steps: [], series: [] };
  return {
    ...{ folder, state: "damaged", fault, runner: "", data: "", seed: 0, device: null },
    ...{ step: 0, of: null, epoch: 0, loss: null, lr: null, auc: null, videosPerSecond: null },
    ...{ secondsLeft: null, seconds: 0, memoryPeakBytes: null, grown: null },
    ...{ lossChart: nothing, metricChart: nothing },
  };
}

/** Over the last lines; the first of them only says where the time of the others begins. */
function secondsPerStep(log: LogLine[], counts: (line: LogLine) => boolean): number | null {
  const recent = log.slice(-RECENT);
  const from = log.length > RECENT ? recent[0].step : 0;
  const timed = log.length > RECENT ? recent.slice(1) : recent;
  const steps = (recent.at(-1)?.step ?? 0) - from;
  const seconds = timed.filter(counts).reduce((sum, line) => sum + line.seconds, 0);
  return steps > 0 && seconds > 0 ? seconds / steps : null;
}
