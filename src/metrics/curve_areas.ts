/** The areas under the curves of one ranking, as metrics. */

import { averagePrecision, prAuc, type RankCurve, rocAuc } from "./rank_curve.ts";

/** A metric before it goes into the record of all. */
export interface Result {
  name: string;
  value: number | null;
  /** Why the value is null, if it is. */
  reason: string;
}

/**
 * ROC-AUC, PR-AUC and average precision; null with the reason where one kind of frames is missing.
 */
export function areas(prefix: string, curve: RankCurve, where: string): Result[] {
  const missing = (curve.truePositives.at(-1) ?? 0) === 0 ? "anomalous" : "normal";
  const reason = `there is no ${missing} frame ${where}`;
  return [
    { name: prefix === "" ? "roc_auc" : `${prefix}auc`, value: rocAuc(curve), reason },
    { name: `${prefix}pr_auc`, value: prAuc(curve), reason },
    { name: `${prefix}ap`, value: averagePrecision(curve), reason },
  ];
}
