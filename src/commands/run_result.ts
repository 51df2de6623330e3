/**
 * The end of a run: training to its last step, the kept weights evaluated, result.json and
 * report.html.
 */

import type { Dataset } from "../data/video.ts";
import { definitions } from "../metrics/metric_table.ts";
import { tellSlow } from "../progress.ts";
import { bootstrapIntervals, type Intervals } from "../metrics/bootstrap.ts";
import { operatingChoice } from "../metrics/choose_threshold.ts";
import type { ChosenThreshold } from "../metrics/operating_point.ts";
import { alignmentWarning } from "../metrics/evaluate.ts";
import { choosesOnTest } from "../metrics/metric_table.ts";
import type { Evaluation, Metrics } from "../metrics/evaluation.ts";
import { lateStatistics } from "../metrics/late_statistics.ts";
import { smoothingText } from "../metrics/smooth_scores.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { reportOf } from "../report/describe_run.ts";
import { CHOSEN_ON_TEST } from "../report/run_facts.ts";
import { renderRunReport } from "../report/run_report.ts";
import { readWeights } from "../run_folder/checkpoint.ts";
import { readLog } from "../run_folder/log.ts";
import { testScoresText } from "../run_folder/test_scores.ts";
import type { Run, Scored } from "./opened_run.ts";
import { runFacts } from "./run_facts.ts";

/** The part of result.json that is printed, and where the run lies. */
export interface RunResult {
  runFolder: string;
  /** Path of report.html. */
  report: string;
  steps: number;
  seconds: number;
  /** The metric by which the weights were chosen: trainer.select. */
  select: string;
  /** Null where nothing was evaluated: no test videos. */
  best: { step: number; metrics: Metrics; reasons: Record<string, string> } | null;
  last: { step: number; metrics: Metrics } | null;
  late: { mean: number; std: number; n: number } | null;
  /** The threshold that eval.threshold chooses on the test videos; null without them. */
  threshold: ChosenThreshold | null;
  /** 95 % intervals of the areas of the kept weights, over videos drawn anew. */
  intervals: Intervals;
  /** How scores were smoothed before they were compared, in words; null: not at all. */
  smooth: string | null;
  warnings: string[];
}

/**
 * What the data alone tell that the user should know: before the first step, and with the result.
 */
export function dataWarnings({ warnings, test }: Dataset): string[] {
  if (test.length > 0) return warnings;
  return [...warnings, "no test videos: the last weights are kept, nothing is evaluated"];
}

/** A training that was asked to stop, and can go on from its checkpoint. */
export class TrainingStopped extends Error {
  override name = "TrainingStopped";
}

/** Trains to the end, then evaluates the kept weights and writes result.json and report.html. */
export async function trainToEnd(run: Run): Promise<RunResult> {
  const { files, trainer, model, score, dataset } = run;
  if (!await trainer.run()) {
    await writeProgressReport(run, false);
    throw fault(
      TrainingStopped,
      `Training stopped at step ${trainer.state.step} of ${trainer.totalSteps}; continue with wsvad train --resume ${files.folder}`,
    );
  }
  const { history, best } = trainer.state;
  const scored = score && await scoreBest(run, score);
  const late = lateStatistics(history.map(({ metrics }) => metrics.roc_auc));
  const last = history.at(-1) ?? null;
  const operating = scored && operatingChoice(scored.videos, run.config.eval, run.config.data.fps);
  const warnings = [
    ...dataWarnings(dataset),
    ...run.warnings,
    ...(scored ? [alignmentWarning(scored.evaluation.alignment, dataset.offGrid)] : []),
  ].filter((warning) => warning !== null);
  const result: RunResult = {
    runFolder: files.folder,
    report: files.report,
    steps: trainer.state.step,
    seconds: Number((run.secondsBefore + (performance.now() - run.start) / 1000).toFixed(1)),
    select: run.config.trainer.select,
    best: scored && best !== null
      ? {
        step: history[best].step,
        // With val_auc, which only the training knows.
        metrics: { ...history[best].metrics, ...scored.evaluation.metrics },
        reasons: scored.evaluation.reasons,
      }
      : null,
    last,
    late,
    threshold: operating?.choice ?? null,
    intervals: scored === null
      ? {}
      : bootstrapIntervals(scored.videos, run.config.eval, { tell: tellSlow(run.progress) }),
    smooth: smoothingText(run.config.eval.smooth),
    warnings,
  };
  const skippedSteps = await trainer.skippedSteps();
  const text = resultText(run, result, scored?.evaluation, skippedSteps);
  if (scored) {
    const step = result.best?.step ?? trainer.state.step;
    await write(run, files.scores, testScoresText(scored.videos, step));
  }
  await write(run, files.result, text);
  const report = reportOf({
    ...run,
    ...result,
    evaluation: scored?.evaluation ?? null,
    operating,
    videos: scored?.videos ?? [],
    parameters: model.parameters.size,
    unboundedScores: !model.scoresInUnitRange,
    cropsApart: model.cropsApart,
    warnings: result.best && choosesOnTest(run.config.trainer.select)
      ? [CHOSEN_ON_TEST, ...warnings]
      : warnings,
    best: result.best && { step: result.best.step, metric: run.config.trainer.select },
    log: (await readLog(files.log)).lines,
  });
  await write(run, files.report, renderRunReport(report));
  return result;
}

/**
 * The report of a run that has not ended, with what its last evaluation found, and the scores of
 * that; `running` has the page load itself again.
 */
export async function writeProgressReport(run: Run, running: boolean): Promise<void> {
  const { config, dataset, files, model, trainer } = run;
  const { step, history } = trainer.state;
  const scored = run.lastScored();
  const report = reportOf({
    ...run,
    evaluation: scored?.evaluation ?? null,
    operating: scored && operatingChoice(scored.videos, config.eval, config.data.fps),
    intervals: {},
    videos: scored?.videos ?? [],
    parameters: model.parameters.size,
    unboundedScores: !model.scoresInUnitRange,
    cropsApart: model.cropsApart,
    steps: step,
    seconds: run.secondsBefore + (performance.now() - run.start) / 1000,
    warnings: [...dataWarnings(dataset), ...run.warnings],
    unfinished: { step, of: trainer.totalSteps, running },
    best: null,
    last: history.at(-1) ?? null,
    late: lateStatistics(history.map(({ metrics }) => metrics.roc_auc)),
    log: (await readLog(files.log)).lines,
  });
  if (scored !== null && history.length > 0) {
    await write(run, files.scores, testScoresText(scored.videos, history.at(-1)!.step));
  }
  await write(run, files.report, renderRunReport(report));
}

/** Evaluates the weights in best.safetensors, unless the last evaluation was theirs. */
async function scoreBest(
  { files, model, trainer: { state: { best, history } }, lastScored }: Run,
  score: NonNullable<Run["score"]>,
): Promise<Scored> {
  const scored = lastScored();
  if (scored !== null && best === history.length - 1) return scored;
  const { weights } = await readWeights(files.best);
  model.parameters.overwrite(weights, `"${files.best}"`);
  return await score();
}

/** The whole of result.json. */
function resultText(
  run: Run,
  result: RunResult,
  evaluation: Evaluation | undefined,
  skippedSteps: number | null,
): string {
  const { device, trainer } = run;
  const { runFolder: _, report: __, smooth: ___, ...printed } = result; // rules has smooth
  return JSON.stringify(
    {
      ...runFacts(run),
      definitions,
      precision: skippedSteps === null ? 32 : "16-mixed",
      skipped_steps: skippedSteps,
      memory_peak_bytes: device.memory().peak,
      ...printed,
      classes: evaluation?.classes ?? [],
      detection: evaluation?.detection ?? null,
      alignment: evaluation?.alignment ?? null,
      history: trainer.state.history,
    },
    null,
    1,
  ) + "\n";
}

async function write({ fs }: Run, path: string, text: string): Promise<void> {
  await writeWhole(path, new TextEncoder().encode(text), { overwrite: true, fs });
}
