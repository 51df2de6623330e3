/** What a report says of a run beside its numbers: rules in words, facts of the device. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { dumpConfig } from "../config/resolve_config.ts";
import type { Dataset } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import type { Evaluation, ScoredVideo } from "../metrics/evaluation.ts";
import { smoothingText } from "../metrics/smooth_scores.ts";
import { tool } from "../tool.ts";
import type { LogLine } from "../run_folder/log.ts";
import type { RunReport } from "./run_facts.ts";

/**
 * How scores were made and weights chosen: in result.json and in the report.
 *
 * @param weights the weights that were named instead of trained
 */
export function rulesOf(
  config: ResolvedConfig,
  cropsApart: boolean,
  weights?: string,
): RunReport["rules"] {
  const { data, trainer, eval: evaluation } = config;
  return {
    crop: cropRuleOf(data, cropsApart),
    selection: weights ?? selectionOf(data, trainer),
    spread: evaluation.spread === "segments"
      ? "segments spread over all frames by the official bounds, the last clip scores 0"
      : `every score stands for ${evaluation.frames_per_snippet} frames`,
    align: evaluation.align,
    smooth: smoothingText(evaluation.smooth) ?? "none",
  };
}

function cropRuleOf({ test_crop, train_crops }: ResolvedConfig["data"], cropsApart: boolean) {
  const mean = cropsApart ? "scores averaged over the crops" : "features averaged over the crops";
  const test = test_crop === null ? mean : `crop ${test_crop} alone`;
  if (train_crops === "together") return test;
  return `${test}; in training ${
    train_crops === "each" ? "each crop is a sample" : "one random crop of each video in each pass"
  }`;
}

function selectionOf(
  { test, source }: ResolvedConfig["data"],
  { select }: ResolvedConfig["trainer"],
) {
  if (test === null && source !== "synthetic") return "last weights: no test videos";
  if (select === "val_auc") return "best val_auc on held-out training videos";
  return select === "last"
    ? "last weights, whatever they score"
    : `best ${select} on the test videos (the published protocol; optimistic)`;
}

export interface DescribedRun {
  config: ResolvedConfig;
  dataset: Dataset;
  device: Device;
  parameters: number;
  unboundedScores: boolean;
  cropsApart: boolean;
  /** Null without test videos. */
  evaluation: Evaluation | null;
  operating: RunReport["operating"];
  intervals: RunReport["intervals"];
  videos: ScoredVideo[];
  /** The weights that an evaluation without training was given. */
  weights?: string;
  /** Steps trained; 0 for an evaluation alone. */
  steps: number;
  seconds: number;
  warnings: string[];
  unfinished?: RunReport["unfinished"];
  best?: RunReport["best"];
  last?: RunReport["last"];
  late?: RunReport["late"];
  log?: LogLine[];
}

/** The input of {@link renderRunReport}; without training there is no log and no selection. */
export function reportOf(run: DescribedRun): RunReport {
  const { config, dataset } = run;
  return {
    tool,
    created: new Date(),
    runner: { name: config.runner.name, paper: config.runner.paper },
    data: {
      name: dataset.name,
      provenance: dataset.provenance,
      groundTruthRule: dataset.groundTruthRule,
    },
    rules: rulesOf(config, run.cropsApart, run.weights),
    device: deviceFacts(run.device.name, run.device.describe()),
    seed: config.trainer.seed,
    parameters: run.parameters,
    steps: run.steps,
    seconds: run.seconds,
    fps: config.data.fps,
    spread: config.eval.spread,
    framesPerSnippet: config.eval.frames_per_snippet,
    farThreshold: config.eval.far_threshold,
    unboundedScores: run.unboundedScores,
    evaluation: run.evaluation,
    operating: run.operating,
    intervals: run.intervals,
    videos: run.videos,
    smooth: config.eval.smooth,
    published: config.runner.published,
    best: run.best ?? null,
    last: run.last ?? null,
    late: run.late ?? null,
    log: run.log ?? [],
    termWeights: Object.fromEntries(config.runner.loss.map(({ name, weight }) => [name, weight])),
    unfinished: run.unfinished ?? null,
    warnings: run.warnings,
    config: dumpConfig(config),
  };
}

/**
 * The device in a few words each: limits and features stay in result.json, its name says the rest.
 */
export function deviceFacts(name: string, described: Record<string, unknown>): RunReport["device"] {
  const facts: RunReport["device"] = { device: name };
  for (const [key, value] of Object.entries(described)) {
    if (key === "kind" || key === "adapter" || key === "name") continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      facts[key] = value;
    }
  }
  return facts;
}
