/** A run as its folder tells it, whether it is finished or not, without its model and its data. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { flatSettings } from "../config/flat_settings.ts";
import { loadYaml } from "../config/load_yaml.ts";
import { fault, isFault } from "../fault.ts";
import { readText } from "../io/read_file.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import { type LogLine, readLog } from "./log.ts";
import { runFiles } from "./run_files.ts";
import { readTestScores } from "./test_scores.ts";

const metrics = z.record(z.string(), z.number().nullable());

/** What is read of result.json; an older version may lack what has a default. */
const runResult = z.looseObject({
  tool: z.object({ name: z.string(), version: z.string() }),
  runner: z.string(),
  data: z.looseObject({
    name: z.string(),
    provenance: z.string(),
    ground_truth_rule: z.string(),
  }),
  rules: z.record(z.string(), z.string()),
  seed: z.number(),
  seconds: z.number(),
  steps: z.number(),
  parameters: z.number(),
  device: z.looseObject({}),
  best: z.object({ step: z.number(), metrics }).nullable(),
  last: z.object({ step: z.number(), metrics }).nullable(),
  late: z.object({ mean: z.number(), std: z.number(), n: z.number() }).nullable(),
  intervals: z.record(z.string(), z.object({ low: z.number(), high: z.number() })).default({}),
  classes: z.array(z.looseObject({
    className: z.string(),
    videos: z.number(),
    withNormal: z.number().nullable(),
  })).default([]),
});

export type ReadResult = z.infer<typeof runResult>;

export interface ReadRun {
  folder: string;
  /** Every setting by its full key. */
  settings: Map<string, string>;
  /** The configuration as it stands in config.yaml. */
  config: unknown;
  log: LogLine[];
  /** Null where the run has not ended. */
  result: ReadResult | null;
  /** Null where the run has none: not ended, without test videos, or of an older version. */
  videos: ScoredVideo[] | null;
}

/**
 * Reads a run.
 *
 * @throws fault when the folder holds no run, or one of its files is damaged
 */
export async function readRun(folder: string): Promise<ReadRun> {
  const files = runFiles(folder);
  if (!existsSync(files.config)) {
    throw fault(
      Error,
      `Cannot read the run "${folder}": no config.yaml in it; name the folder of a run`,
    );
  }
  const { config } = await readConfig(files.config);
  return {
    folder,
    config,
    settings: flatSettings(config),
    log: (await readLog(files.log)).lines,
    result: existsSync(files.result) ? await readRunResult(files.result) : null,
    videos: existsSync(files.scores) ? await readTestScores(files.scores) : null,
  };
}

async function readConfig(path: string): Promise<{ config: unknown }> {
  return { config: loadYaml(await readText(path), path).value };
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
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (error) {
    if (!(error instanceof SyntaxError) || isFault(error)) throw error;
    throw refused("it is no JSON");
  }
  const { data, error } = schema.safeParse(json);
  if (data) return data;
  const [{ path: keys, message }] = error!.issues;
  throw refused(`it is not the result.json of a run: ${keys.join(".") || "the whole"}: ${message}`);
}
