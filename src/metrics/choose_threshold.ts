/** The threshold of an evaluation, by its own rule. */

import type { EvalOptions } from "./eval_options.ts";
import type { ScoredVideo } from "./evaluation.ts";
import { type OperatingCurve, operatingCurve } from "./operating_curve.ts";
import { type ChosenThreshold, chosenThreshold } from "./operating_point.ts";
import { parseThresholdRule } from "./threshold_rule.ts";

/**
 * Counts at every threshold, and the one that `eval.threshold` chooses.
 *
 * @throws {RangeError} a rule that is none, or what `frameRuns` refuses
 */
export function operatingChoice(
  videos: ScoredVideo[],
  options: EvalOptions,
  fps: number,
): { curve: OperatingCurve; choice: ChosenThreshold } {
  const rule = parseThresholdRule(options.threshold ?? "best_f1");
  const curve = operatingCurve(videos, options, fps);
  return { curve, choice: chosenThreshold(curve, rule) };
}
