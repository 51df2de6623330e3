/**
 * The metrics in their order, the one place that names them: for result.json, the tables, the
 * report, the settings and docs/evaluation.md.
 */

interface Metric {
  /** In reports. */
  title: string;
  /** What it is, in a sentence. */
  definition: string;
  /** `trainer.select` may keep the weights that are best by it. */
  selectable?: true;
  /** Only a text branch that classifies snippets has it. */
  branch?: true;
  /**
   * Its name in papers, for those whose numbers are compared with published ones and drawn over a
   * training.
   */
  paper?: string;
  /** Head of its column in a matrix, for those that have one. */
  column?: string;
}

export const metricTable = {
  roc_auc: {
    title: "ROC-AUC",
    definition:
      "Area under the ROC curve over the frames of all test videos together, equal scores as one step (scikit-learn roc_curve and auc).",
    selectable: true,
    paper: "AUC",
    column: "ROC-AUC",
  },
  pr_auc: {
    title: "PR-AUC",
    definition:
      "Area under the precision-recall curve by trapezoids, over the frames of all test videos together (scikit-learn precision_recall_curve and auc); larger than ap where few scores differ.",
    selectable: true,
    paper: "PR-AUC",
  },
  ap: {
    title: "AP",
    definition:
      "Average precision, the step-wise area under the same precision-recall curve (scikit-learn average_precision_score).",
    selectable: true,
    paper: "AP",
    column: "AP",
  },
  abnormal_auc: {
    title: "ROC-AUC, abnormal videos",
    definition:
      "ROC-AUC over the frames of the test videos labelled anomalous: how well anomalies are found inside a video.",
    column: "ROC-AUC, abnormal",
  },
  abnormal_pr_auc: {
    title: "PR-AUC, abnormal videos",
    definition:
      "Area under the precision-recall curve by trapezoids, over the frames of the test videos labelled anomalous.",
  },
  abnormal_ap: {
    title: "AP, abnormal videos",
    definition: "Average precision over the frames of the test videos labelled anomalous.",
  },
  unsmoothed_auc: {
    title: "ROC-AUC, scores not smoothed",
    definition:
      "ROC-AUC, as roc_auc, of the scores before eval.smooth; to select by it without smoothing is to select by roc_auc.",
    selectable: true,
  },
  unsmoothed_pr_auc: {
    title: "PR-AUC, scores not smoothed",
    definition:
      "Area under the precision-recall curve, as pr_auc, of the scores before eval.smooth.",
    selectable: true,
  },
  unsmoothed_ap: {
    title: "AP, scores not smoothed",
    definition: "Average precision, as ap, of the scores before eval.smooth.",
    selectable: true,
  },
  far_normal: {
    title: "False alarms, normal videos",
    definition:
      "False alarm rate: share of the frames of normal test videos whose score is above eval.far_threshold, strictly.",
    column: "False alarms",
  },
  video_acc: {
    title: "Video accuracy",
    definition:
      "Share of test videos whose label is met when a video with a score above 0.5 is called anomalous.",
  },
  "class_auc.with_normal": {
    title: "ROC-AUC of a class, with normal videos",
    definition:
      "ROC-AUC over the frames of the test videos of one class and of all normal test videos.",
  },
  "class_auc.only": {
    title: "ROC-AUC of a class alone",
    definition: "ROC-AUC over the frames of the test videos of one class alone.",
  },
  align_auc: {
    title: "ROC-AUC, text branch",
    definition:
      "ROC-AUC, as roc_auc, of the text branch: its score is 1 - the probability of Normal.",
    branch: true,
    selectable: true,
  },
  align_pr_auc: {
    title: "PR-AUC, text branch",
    definition: "Area under the precision-recall curve, as pr_auc, of the text branch.",
    branch: true,
  },
  align_ap: {
    title: "AP, text branch",
    definition: "Average precision, as ap, of the text branch.",
    branch: true,
    selectable: true,
  },
  val_auc: {
    title: "ROC-AUC, held-out videos",
    definition:
      "ROC-AUC over the training videos that data.val holds out, each by its label and its highest score: no test video and no frame label is looked at.",
    selectable: true,
  },
  auc_mean: {
    title: "ROC-AUC, late half, mean",
    definition:
      "Mean of roc_auc over the late half of a run's evaluations, from index floor(n / 2) on, to 4 digits.",
  },
  auc_std: {
    title: "ROC-AUC, late half, deviation",
    definition: "Population standard deviation of roc_auc over the same late half, to 4 digits.",
  },
  map_official: {
    title: "Detection mAP, official, %",
    definition:
      "Detection mAP in percent, mean of IoU 0.1 to 0.5, as VadCLIP's evaluator computes it: class 0 counts among the classes, also where it has no ground truth, and a class without a detection makes the level 0.",
    branch: true,
  },
  map_fixed: {
    title: "Detection mAP, fixed, %",
    definition:
      "Detection mAP in percent, mean of IoU 0.1 to 0.5, over the anomalous classes that have ground truth; a class without a detection counts 0.",
    branch: true,
  },
} as const satisfies Record<string, Metric>;

type Table = typeof metricTable;

/** A metric by its name. */
export type MetricName = keyof Table;

/** Names of the metrics that say something under a key of the table. */
type NameWith<Key extends keyof Metric> = {
  [Name in MetricName]: Key extends keyof Table[Name] ? Name : never;
}[MetricName];

/** The same, where any key of any metric is asked for. */
const rows: Record<MetricName, Metric> = metricTable;

function namesWith<Key extends keyof Metric>(key: Key): NameWith<Key>[] {
  const names = Object.keys(rows) as MetricName[];
  return names.filter((name) => rows[name][key] !== undefined) as NameWith<Key>[];
}

/** Of `trainer.select`. */
export const selectableMetrics = namesWith("selectable");
/** Compared with published numbers, and drawn over a training. */
export const paperMetrics = namesWith("paper");
/** Of the columns of a matrix. */
export const matrixMetrics = namesWith("column");

/** Metrics of which nothing but the smoothing makes others. */
const SMOOTHED: Record<string, MetricName> = {
  unsmoothed_auc: "roc_auc",
  unsmoothed_pr_auc: "pr_auc",
  unsmoothed_ap: "ap",
};

/**
 * The value that `trainer.select` names; where nothing is smoothed, an unsmoothed one is the usual
 * one.
 */
export function selected(metrics: Record<string, number | null>, select: string): number | null {
  return metrics[select in metrics ? select : SMOOTHED[select] ?? select];
}

/** Whether weights chosen by it are chosen on the test videos: their numbers are optimistic. */
export function choosesOnTest(select: string): boolean {
  return select !== "last" && select !== "val_auc";
}

/** The definition of every metric, by its name. */
export const definitions: Record<string, string> = Object.fromEntries(
  Object.entries(metricTable).map(([name, { definition }]) => [name, definition]),
);

/** Whether only a text branch that classifies snippets has it. */
export function ofBranch(name: MetricName): boolean {
  return rows[name].branch ?? false;
}

/** Whether the table has a metric of that name. */
function isMetric(name: string): name is MetricName {
  return Object.hasOwn(metricTable, name);
}

/** Title of a metric; one that is not known here is titled by its name. */
export function metricTitle(name: string): string {
  return isMetric(name) ? metricTable[name].title : name;
}

/** Names in the order of the table, then those that it does not have, as they come. */
export function inOrder(names: string[]): string[] {
  const known = Object.keys(metricTable).filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => !isMetric(name))];
}
