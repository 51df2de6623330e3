/**
 * How well each test video is ranked, on one scale for normal and anomalous videos, so that the
 * report can show the worst and the best first.
 */

import type { FrameInterval } from "../frames/interval.ts";
import type { ScoreStep } from "../frames/frame_bounds.ts";

/** The score function of a video and its anomalous frames (sorted, disjoint). */
export interface SteppedVideo {
  steps: ScoreStep[];
  groundTruth: FrameInterval[];
}

/** Anomalous and normal frames of one step. */
interface Weighted {
  score: number;
  anomalous: number;
  normal: number;
}

function weighted({ steps, groundTruth }: SteppedVideo): Weighted[] {
  let first = 0; // first interval that ends after the step begins
  return steps.map(({ start, end, score }) => {
    while (first < groundTruth.length && groundTruth[first].end <= start) first++;
    let anomalous = 0;
    for (let i = first; i < groundTruth.length && groundTruth[i].start < end; i++) {
      anomalous += Math.min(end, groundTruth[i].end) - Math.max(start, groundTruth[i].start);
    }
    return { score, anomalous, normal: end - start - anomalous };
  });
}

/**
 * The separation of each video, in [0, 1]: for a video with anomalous frames, the probability that
 * one of them scores above a normal frame of the whole test set; for a video without, that an
 * anomalous frame of the whole test set scores above one of its frames. Ties count half. The mean
 * of the former over their videos, weighted by anomalous frames, is the frame ROC-AUC.
 *
 * @returns one number a video; null where one side of the comparison has no frames
 */
export function separations(videos: SteppedVideo[]): (number | null)[] {
  const own = videos.map(weighted);
  const all = own.flat().sort((a, b) => a.score - b.score);

  // Per distinct score: frames below it, and at it.
  const at = new Map<number, { below: Weighted; tied: Weighted }>();
  const below = { score: -Infinity, anomalous: 0, normal: 0 };
  for (let i = 0; i < all.length;) {
    const tied = { score: all[i].score, anomalous: 0, normal: 0 };
    for (; i < all.length && all[i].score === tied.score; i++) {
      tied.anomalous += all[i].anomalous;
      tied.normal += all[i].normal;
    }
    at.set(tied.score, { below: { ...below }, tied });
    below.anomalous += tied.anomalous;
    below.normal += tied.normal;
  }
  const total = below;

  return own.map((steps) => {
    const anomalous = steps.reduce((sum, step) => sum + step.anomalous, 0);
    const normal = steps.reduce((sum, step) => sum + step.normal, 0);
    let won = 0;
    for (const step of steps) {
      const { below, tied } = at.get(step.score)!;
      won += anomalous > 0
        ? step.anomalous * (below.normal + tied.normal / 2)
        : step.normal * (total.anomalous - below.anomalous - tied.anomalous / 2);
    }
    const pairs = anomalous > 0 ? anomalous * total.normal : normal * total.anomalous;
    return pairs > 0 ? won / pairs : null;
  });
}
