/** The threshold that `wsvad score --threshold` asks for, of the run whose weights score. */

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import { inForm, jsonOf } from "../io/json_form.ts";
import { readText } from "../io/read_file.ts";
import { chooseThreshold, operatingCurve } from "../metrics/operating_curve.ts";
import { parseThresholdRule, thresholdRuleText } from "../metrics/threshold_rule.ts";
import { runFiles } from "../run_folder/run_files.ts";
import { readTestScores } from "../run_folder/test_scores.ts";

/** A score above `threshold`, strictly, is an alarm; `rule` is how it was chosen. */
export interface AlarmThreshold {
  threshold: number;
  rule: string;
}

/**
 * A number as it is; `from-run` as result.json of the run has it; any other rule on the test videos
 * of the run.
 *
 * @param checkpoint the run folder, or a file in it
 * @throws fault: no rule; a run that has no threshold, or no test videos to choose one on
 */
export async function scoreThreshold(
  text: string,
  checkpoint: string,
  config: ResolvedConfig,
): Promise<AlarmThreshold> {
  const files = runFiles(
    existsSync(checkpoint) && statSync(checkpoint).isDirectory() ? checkpoint : dirname(checkpoint),
  );
  const rule = text === "from-run" ? null : parseThresholdRule(text);
  if (rule?.kind === "fixed") return { threshold: rule.threshold, rule: text };
  const spelled = rule === null ? text : thresholdRuleText(rule);
  if (config.data.source !== "synthetic" && config.data.test === null) {
    throw fault(
      Error,
      `Cannot choose a threshold by "${spelled}": the model of "${files.folder}" was trained without test videos (data.test=null), on which it would be chosen; give a number`,
    );
  }
  if (rule === null) return await thresholdOfRun(files.result);
  if (!existsSync(files.scores)) {
    throw fault(
      Error,
      `Cannot choose a threshold by "${spelled}": no test_scores.json beside the weights in "${files.folder}"; name the run folder, or give a number`,
    );
  }
  if (!existsSync(files.result)) {
    throw fault(
      Error,
      `Cannot choose a threshold by "${spelled}": the run "${files.folder}" has not ended, and its scores are those of its last evaluation; let it end, or give a number`,
    );
  }
  const { videos } = await readTestScores(files.scores);
  const threshold = chooseThreshold(operatingCurve(videos, config.eval, config.data.fps), rule);
  if (threshold !== null) return { threshold, rule: spelled };
  throw fault(
    RangeError,
    `Cannot choose a threshold by "${spelled}": no threshold meets it on the ${videos.length} test videos of "${files.folder}"; give a number`,
  );
}

async function thresholdOfRun(path: string): Promise<AlarmThreshold> {
  const refused = (found: string) =>
    fault(Error, `Cannot take the threshold of the run: ${found}; give a number, or another rule`);
  if (!existsSync(path)) throw refused(`there is no "${path}"`);
  const json = jsonOf(await readText(path), () => refused(`"${path}" is no JSON`));
  return inForm(json, withThreshold, () => refused(`"${path}" names none`)).threshold.chosen;
}

/** What is read of a result.json. */
const withThreshold = z.object({
  threshold: z.object({ chosen: z.object({ threshold: z.number(), rule: z.string() }) }),
});
