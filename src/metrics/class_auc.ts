import type { ClassMetrics, ScoredVideo } from "./evaluation.ts";
import { type RankCurve, rocAuc } from "./rank_curve.ts";

/**
 * ROC-AUC of every anomalous class, by name: over its videos and all normal videos, and over its
 * videos alone. A class has few videos (2 to 23 on UCF-Crime), so their number stands beside it.
 *
 * @param curveOf ranks the frames of the chosen videos
 * @returns the classes, and reasons for nulls under `class_auc.only.<class>`,
 *     `class_auc.with_normal.<class>`
 */
export function classAucs(
  videos: ScoredVideo[],
  curveOf: (members: boolean[]) => RankCurve,
): { classes: ClassMetrics[]; reasons: Record<string, string> } {
  const reasons: Record<string, string> = {};
  const names = new Set(videos.filter((video) => video.anomalous).map((video) => video.className));
  const classes = [...names].sort().map((className): ClassMetrics => {
    const own = videos.map((video) => video.className === className);
    const withNormal = videos.map((video, v) => own[v] || !video.anomalous);
    const auc = (name: string, members: boolean[]) => {
      const curve = curveOf(members);
      const value = rocAuc(curve);
      const missing = (curve.truePositives.at(-1) ?? 0) === 0 ? "anomalous" : "normal";
      if (value === null) {
        reasons[`class_auc.${name}.${className}`] =
          `there is no ${missing} frame in the videos compared`;
      }
      return value;
    };
    return {
      className,
      videos: own.filter(Boolean).length,
      withNormal: auc("with_normal", withNormal),
      only: auc("only", own),
    };
  });
  return { classes, reasons };
}
