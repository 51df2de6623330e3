/** The report of a run as its folder tells it, without its model and its data. */

import { statSync } from "node:fs";
import { operatingChoice } from "../metrics/choose_threshold.ts";
import { evaluate } from "../metrics/evaluate.ts";
import type { Evaluation, Metrics } from "../metrics/evaluation.ts";
import { lateStatistics } from "../metrics/late_statistics.ts";
import { choosesOnTest } from "../metrics/metric_table.ts";
import type { LoggedEvaluation } from "../run_folder/log.ts";
import type { ReadRun } from "../run_folder/read_run.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { tool } from "../tool.ts";
import { deviceFacts } from "./describe_run.ts";
import { CHOSEN_ON_TEST, type RunReport } from "./run_facts.ts";

/** Where a run stands that has not ended: the step of its checkpoint, and whether it goes on. */
export interface Standing {
  step: number;
  running: boolean;
}

/**
 * The input of {@link renderRunReport}, as the run itself gave it: of its kept weights, or where it
 * has not ended, of its last evaluation.
 */
export function reportOfFolder(run: ReadRun, standing: Standing): RunReport {
  const { config, facts, result, log, videos } = run;
  const { data, runner, trainer, eval: options } = config;
  const logged = log.filter((line): line is LoggedEvaluation => line.kind === "eval");
  const step = result?.steps ?? standing.step;
  const evaluation = evaluationOf(run, logged.at(-1)?.metrics);
  const scored = evaluation === null ? null : videos;
  const device = facts?.device ?? {};
  return {
    tool: facts?.tool ?? tool,
    created: endOf(run),
    runner: { name: facts?.runner ?? runner.name, paper: facts?.paper || runner.paper },
    data: {
      name: facts?.data.name ?? data.name ?? UNTOLD,
      provenance: facts?.data.provenance ?? UNTOLD,
      groundTruthRule: facts?.data.ground_truth_rule ?? UNTOLD,
    },
    rules: { ...UNTOLD_RULES, ...facts?.rules },
    device: deviceFacts(device.name ?? String(device.kind ?? UNTOLD), device),
    seed: facts?.seed ?? trainer.seed,
    parameters: facts?.parameters ?? null,
    steps: step,
    seconds: result?.seconds ?? log.reduce((sum, { seconds }) => sum + seconds, 0),
    fps: data.fps,
    spread: options.spread,
    framesPerSnippet: options.frames_per_snippet,
    farThreshold: options.far_threshold,
    unboundedScores: facts?.unbounded_scores ?? false,
    evaluation,
    intervals: result?.intervals ?? {},
    operating: scored && operatingChoice(scored, options, data.fps),
    videos: scored ?? [],
    smooth: options.smooth,
    published: runner.published,
    best: result?.best ? { step: result.best.step, metric: result.select } : null,
    last: result?.last ?? lastOf(logged),
    late: result?.late ?? lateStatistics(logged.map(({ metrics }) => metrics.roc_auc ?? null)),
    log,
    termWeights: Object.fromEntries(runner.loss.map(({ name, weight }) => [name, weight])),
    unfinished: result === null
      ? { step, of: facts?.steps ?? trainer.max_steps ?? step, running: standing.running }
      : null,
    warnings: warningsOf(run),
    config: run.configText,
  };
}

const UNTOLD = "not told: an older version wrote this run";
const UNTOLD_RULES = {
  crop: UNTOLD,
  selection: UNTOLD,
  spread: UNTOLD,
  align: UNTOLD,
  smooth: UNTOLD,
};

function endOf({ folder }: ReadRun): Date {
  const { result, log, config } = runFiles(folder);
  for (const path of [result, log, config]) {
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry) return entry.mtime;
  }
  return new Date();
}

function lastOf(logged: LoggedEvaluation[]): RunReport["last"] {
  const last = logged.at(-1);
  return last === undefined ? null : { step: last.step, metrics: last.metrics };
}

/**
 * Numbers as the run found them; the curves, and what it did not write down, of its scores.
 */
function evaluationOf({ config, facts, result, videos }: ReadRun, last?: Metrics) {
  const found = result === null ? last : result.best?.metrics;
  if (found === undefined) return null;
  const again = videos === null || videos.length === 0 ? null : evaluate(videos, {
    ...config.eval,
    unboundedScores: facts?.unbounded_scores,
  });
  // Only the training knows it; it is no metric of the test videos.
  const { val_auc: _, ...metrics } = found;
  const reasons = { ...again?.reasons, ...result?.best?.reasons };
  const evaluation: Evaluation = {
    metrics,
    reasons,
    classes: result?.classes ?? again?.classes ?? [],
    alignment: result?.alignment ?? again?.alignment ?? NOTHING_COMPARED,
    roc: again?.roc ?? { x: [], y: [] },
    pr: again?.pr ?? { x: [], y: [] },
  };
  return evaluation;
}

const NOTHING_COMPARED: Evaluation["alignment"] = {
  frames: 0,
  cut: 0,
  extended: 0,
  events: 0,
  events_cut: 0,
  anomalous_cut: 0,
  suspicious: [],
};

function warningsOf({ result, videos, folder, facts, logWarnings }: ReadRun): string[] {
  const older = facts === null
    ? [
      "an older version of wsvad began this run and wrote no run.json: where its data come from is not told",
    ]
    : [];
  const without = result?.best && videos === null
    ? [
      `no test_scores.json, so no curves of the videos and no threshold: an older version wrote this run; wsvad train --resume ${folder} writes it`,
    ]
    : [];
  const chosen = result?.best && choosesOnTest(result.select) ? [CHOSEN_ON_TEST] : [];
  const told = result?.warnings ?? [];
  return [...new Set([...chosen, ...told, ...older, ...without, ...logWarnings])];
}
