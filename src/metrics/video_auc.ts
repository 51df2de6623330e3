/** How well whole videos are told apart, by their labels alone: training videos have no others. */

import { rankCurve, rocAuc } from "./rank_curve.ts";

/** ROC-AUC over videos by their highest score; null without both kinds. */
export function videoAuc(
  videos: readonly { anomalous: boolean; scores: Float32Array }[],
): number | null {
  return rocAuc(rankCurve({
    scores: Float32Array.from(
      videos,
      ({ scores }) => scores.reduce((most, score) => Math.max(most, score), -Infinity),
    ),
    positives: videos.map(({ anomalous }) => anomalous ? 1 : 0),
    negatives: videos.map(({ anomalous }) => anomalous ? 0 : 1),
  }));
}
