/** How the metrics of an evaluation are titled and ordered for readers. */

import type { Metrics } from "../metrics/evaluation.ts";

const TITLES: Record<string, string> = {
  roc_auc: "ROC-AUC",
  pr_auc: "PR-AUC",
  ap: "AP",
  far_normal: "False alarms, normal videos",
  abnormal_auc: "ROC-AUC, abnormal videos",
  abnormal_pr_auc: "PR-AUC, abnormal videos",
  abnormal_ap: "AP, abnormal videos",
  video_acc: "Video accuracy",
  align_auc: "ROC-AUC, text branch",
  align_pr_auc: "PR-AUC, text branch",
  align_ap: "AP, text branch",
  map_official: "Detection mAP, official, %",
  map_fixed: "Detection mAP, fixed, %",
};

/** Title of a metric; one that is not known here is titled by its name. */
export function metricTitle(name: string): string {
  return Object.hasOwn(TITLES, name) ? TITLES[name] : name;
}

/** Names of the metrics: the known ones in the order of the titles, then the others as they come. */
export function metricOrder(metrics: Metrics): string[] {
  const names = Object.keys(metrics);
  const known = Object.keys(TITLES).filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => !Object.hasOwn(TITLES, name))];
}
