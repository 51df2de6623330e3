/** Rules by which a threshold is chosen, as `eval.threshold` and `score --threshold` spell them. */

import { fault } from "../fault.ts";

/** A score above the threshold, strictly, is an alarm. */
export type ThresholdRule =
  | { kind: "fixed"; threshold: number }
  /** The largest F1 over frames. */
  | { kind: "best_f1" }
  /** The lowest threshold with at most this share of normal frames above it. */
  | { kind: "fpr"; most: number }
  /** The lowest threshold from which on at most so many false alarms an hour are raised. */
  | { kind: "far"; perHour: number };

const GRAMMAR = "a number, best_f1, fpr=0.01 (share of normal frames) or far=1/h (false alarms)";

/**
 * Reads a rule: `0.5`, `best_f1`, `fpr=0.01`, `fpr=1%`, `far=1/h`.
 *
 * @throws {RangeError} a fault: another text, a share outside [0, 1], a negative number of alarms
 */
export function parseThresholdRule(text: string | number): ThresholdRule {
  const given = String(text).trim();
  if (given === "best_f1") return { kind: "best_f1" };
  const [, name, number, unit] = given.match(/^(fpr|far)=([^%/]+)(%|\/h)?$/) ?? [];
  const value = Number((number ?? given).trim() || NaN);
  if (name === undefined && Number.isFinite(value)) return { kind: "fixed", threshold: value };
  if (name === "fpr" && unit !== "/h") {
    const most = unit === "%" ? value / 100 : value;
    if (most >= 0 && most <= 1) return { kind: "fpr", most };
  }
  if (name === "far" && unit === "/h" && value >= 0 && value < Infinity) {
    return { kind: "far", perHour: value };
  }
  throw fault(RangeError, `Cannot choose a threshold by "${given}": expected ${GRAMMAR}`);
}

/** The rule as it is spelled: `far=1/h`. */
export function thresholdRuleText(rule: ThresholdRule): string {
  switch (rule.kind) {
    case "fixed":
      return String(rule.threshold);
    case "best_f1":
      return "best_f1";
    case "fpr":
      return `fpr=${rule.most}`;
    case "far":
      return `far=${rule.perHour}/h`;
  }
}
