/** What each metric is, in a sentence: for result.json, the report and docs/evaluation.md. */
export const definitions: Record<string, string> = {
  roc_auc:
    "Area under the ROC curve over the frames of all test videos together, equal scores as one step (scikit-learn roc_curve and auc).",
  pr_auc:
    "Area under the precision-recall curve by trapezoids, over the frames of all test videos together (scikit-learn precision_recall_curve and auc); larger than ap where few scores differ.",
  ap:
    "Average precision, the step-wise area under the same precision-recall curve (scikit-learn average_precision_score).",
  abnormal_auc:
    "ROC-AUC over the frames of the test videos labelled anomalous: how well anomalies are found inside a video.",
  abnormal_pr_auc:
    "Area under the precision-recall curve by trapezoids, over the frames of the test videos labelled anomalous.",
  abnormal_ap: "Average precision over the frames of the test videos labelled anomalous.",
  far_normal:
    "False alarm rate: share of the frames of normal test videos whose score is above eval.far_threshold, strictly.",
  video_acc:
    "Share of test videos whose label is met when a video with a score above 0.5 is called anomalous.",
  "class_auc.with_normal":
    "ROC-AUC over the frames of the test videos of one class and of all normal test videos.",
  "class_auc.only": "ROC-AUC over the frames of the test videos of one class alone.",
  align_auc: "ROC-AUC, as roc_auc, of the text branch: its score is 1 - the probability of Normal.",
  align_pr_auc: "Area under the precision-recall curve, as pr_auc, of the text branch.",
  align_ap: "Average precision, as ap, of the text branch.",
  auc_mean:
    "Mean of roc_auc over the late half of a run's evaluations, from index floor(n / 2) on, to 4 digits.",
  auc_std: "Population standard deviation of roc_auc over the same late half, to 4 digits.",
  map_official:
    "Detection mAP in percent, mean of IoU 0.1 to 0.5, as VadCLIP's evaluator computes it: class 0 counts among the classes, also where it has no ground truth, and a class without a detection makes the level 0.",
  map_fixed:
    "Detection mAP in percent, mean of IoU 0.1 to 0.5, over the anomalous classes that have ground truth; a class without a detection counts 0.",
};
