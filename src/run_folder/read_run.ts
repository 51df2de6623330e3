/** A run as its folder tells it, whether it is finished or not, without its model and its data. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { flatSettings } from "../config/flat_settings.ts";
import { loadYaml } from "../config/load_yaml.ts";
import { fault } from "../fault.ts";
import { inForm, jsonOf } from "../io/json_form.ts";
import { readText } from "../io/read_file.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import { type LogLine, readLog } from "./log.ts";
import { type PageConfig, pageConfig } from "./page_config.ts";
import { runFiles, whyNoRun } from "./run_files.ts";
import { readTestScores } from "./test_scores.ts";

const metrics = z.record(z.string(), z.number().nullable());

/** What a run is, in run.json and in result.json; an older version may lack what has a default. */
const described = {
  tool: z.object({ name: z.string(), version: z.string() }),
  runner: z.string(),
  paper: z.string().default(""),
  data: z.looseObject({
    name: z.string(),
    provenance: z.string(),
    ground_truth_rule: z.string(),
  }),
  rules: z.record(z.string(), z.string()),
  seed: z.number(),
  parameters: z.number(),
  device: z.looseObject({ name: z.string().optional() }),
  unbounded_scores: z.boolean().default(false),
  /** Of run.json those that the run is to make, of result.json those that it made. */
  steps: z.number(),
};

const runFacts = z.looseObject(described);

export type ReadFacts = z.infer<typeof runFacts>;

const runResult = z.looseObject({
  ...described,
  seconds: z.number(),
  select: z.string().default("roc_auc"),
  best: z.object({
    step: z.number(),
    metrics,
    reasons: z.record(z.string(), z.string()).default({}),
  }).nullable(),
  last: z.object({ step: z.number(), metrics }).nullable(),
  late: z.object({ mean: z.number(), std: z.number(), n: z.number() }).nullable(),
  intervals: z.record(z.string(), z.object({ low: z.number(), high: z.number() })).default({}),
  classes: z.array(z.looseObject({
    className: z.string(),
    videos: z.number(),
    withNormal: z.number().nullable(),
    only: z.number().nullable().default(null),
  })).default([]),
  alignment: z.looseObject({
    frames: z.number(),
    cut: z.number(),
    extended: z.number(),
    events: z.number().default(0),
    events_cut: z.number().default(0),
    anomalous_cut: z.number().default(0),
    suspicious: z.array(z.string()),
  }).nullable().default(null),
  warnings: z.array(z.string()).default([]),
});

export type ReadResult = z.infer<typeof runResult>;

export interface ReadRun {
  folder: string;
  /** Every setting by its full key. */
  settings: Map<string, string>;
  /** Those that tell how scores and losses are to be read. */
  config: PageConfig;
  /** config.yaml as it is. */
  configText: string;
  log: LogLine[];
  /** What the run is; null where an older version began it and it has not ended. */
  facts: ReadFacts | null;
  /** Null where the run has not ended. */
  result: ReadResult | null;
  /**
   * Of the kept weights, or where the run has not ended, of its last evaluation. Null where it has
   * none: nothing evaluated, no test videos, or an older version.
   */
  videos: ScoredVideo[] | null;
  /** What was left out of the log, for the user. */
  logWarnings: string[];
}

/**
 * Reads a run.
 *
 * @throws fault when the folder holds no run, or one of its files is damaged
 */
export async function readRun(folder: string): Promise<ReadRun> {
  const files = runFiles(folder);
  const found = whyNoRun(folder);
  if (found !== null) {
    throw fault(Error, `Cannot read the run "${folder}": ${found}; name the folder of a run`);
  }
  const configText = await readText(files.config);
  const settings = loadYaml(configText, files.config).value;
  const { lines, warnings: logWarnings } = await readLog(files.log);
  const result = existsSync(files.result) ? await readRunResult(files.result) : null;
  return {
    folder,
    config: pageConfig(settings, files.config),
    configText,
    settings: flatSettings(settings),
    log: lines,
    facts: result ?? (existsSync(files.facts) ? await readRunFacts(files.facts) : null),
    result,
    videos: existsSync(files.scores) ? (await readTestScores(files.scores)).videos : null,
    logWarnings,
  };
}

/** @throws fault when the file is not what a run writes */
export function readRunFacts(path: string): Promise<ReadFacts> {
  return readResult(path, runFacts, "resume the run to write it");
}

/** @throws fault when the file is not what a run writes */
export function readRunResult(path: string): Promise<ReadResult> {
  return readResult(path, runResult, "resume the run to write it");
}

/**
 * Reads what a schema asks of a result.json.
 *
 * @param remedy what to do where the file is another one, for the message
 * @throws fault when the file is not what a run writes
 */
export async function readResult<Result>(
  path: string,
  schema: z.ZodType<Result>,
  remedy: string,
): Promise<Result> {
  const refused = (found: string) =>
    fault(SyntaxError, `Cannot read the result "${path}": ${found}; ${remedy}`);
  const json = jsonOf(await readText(path), refused);
  return inForm(json, schema, (found) => {
    return refused(`it is not the ${basename(path)} of a run: ${found}`);
  });
}
