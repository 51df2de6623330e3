/**
 * Mean average precision of temporal detection, from class probabilities of snippets.
 *
 * Source: nwpu-zxr/VadCLIP:src/utils/ucf_detectionMAP.py and xd_detectionMAP.py, without the choice
 * of normal videos, which the official test never makes. The non-maximum suppression of the source
 * is left out: the runs of one video and class are disjoint, and disjoint runs never suppress each
 * other.
 */

import type { FrameInterval, LabelledSegment } from "../frames/interval.ts";
import { fault } from "../fault.ts";

/** Class probabilities of one test video and its annotated segments. */
export interface DetectionVideo {
  id: string;
  /**
   * [T, C] row by row, class 0 included: the softmax of the alignment logits, cut to the valid T.
   */
  probabilities: Float32Array | Float64Array;
  segments: LabelledSegment[];
}

/** Percent at each IoU threshold, and their mean. */
export interface DetectionPrecision {
  iou: number[];
  percent: number[];
  average: number;
}

/** The two forms of the number; never print one without its name. */
export interface DetectionMap {
  /** With the faults of the published evaluator: see docs/evaluation.md. */
  map_official: DetectionPrecision;
  /** Over the anomalous classes that have ground truth; null where there is none. */
  map_fixed: DetectionPrecision | null;
}

/** Part of a column whose mean is the score of the class: its highest sixteenth. */
const highestShare = 16;
/** Frames that a detection has at least; snippets of one frame alone make shorter ones. */
const shortestDetection = 2;
const thresholds = [0.1, 0.2, 0.3, 0.4, 0.5];
/** Part of a column's range, from its maximum down, that belongs to a detection. */
const rangeBelowMaximum = 0.6;
/** Weight of the video's class score in the score of a detection. */
const classScoreWeight = 0.7;
/** Label of normal videos in the official ground truth, in no class list but XD-Violence's. */
const normalLabel = "A";

interface Detection extends FrameInterval {
  video: number;
  score: number;
}

interface GroundTruthSegment extends FrameInterval {
  video: number;
}

/**
 * Detection mAP of all videos at IoU 0.1 to 0.5, both forms.
 *
 * @param classes names of the C classes as the labels spell them, the normal one first
 * @throws {RangeError} a label that is no class, a probability that is not finite, no video
 * @throws {TypeError} probabilities that are not rows of C numbers
 */
export function detectionMap(
  videos: DetectionVideo[],
  classes: string[],
  framesPerSnippet = 16,
): DetectionMap {
  checkVideos(videos, classes);
  const detections = classes.map((_, c) =>
    detectionsOf(videos, c, classes.length, framesPerSnippet)
  );
  const truths = classes.map((label) => segmentsOf(videos, label));
  const precisions = thresholds.map((iou) =>
    classes.map((_, c) => averagePrecisionAt(iou, detections[c], truths[c]))
  );
  const everyClassDetected = detections.every((list) => list.length > 0);
  const official = precisions.map((level) => everyClassDetected ? 100 * mean(level) : 0);
  const present = classes.map((_, c) => c).filter((c) => c > 0 && truths[c].length > 0);
  return {
    map_official: summary(official),
    map_fixed: present.length === 0
      ? null
      : summary(precisions.map((level) => 100 * mean(present.map((c) => level[c])))),
  };
}

function summary(percent: number[]): DetectionPrecision {
  return { iou: [...thresholds], percent, average: mean(percent) };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Detections of one class, highest score first; equal scores by video, then by start. */
function detectionsOf(
  videos: DetectionVideo[],
  c: number,
  classes: number,
  framesPerSnippet: number,
): Detection[] {
  const detections: Detection[] = [];
  videos.forEach(({ probabilities }, video) => {
    const column = new Float64Array(probabilities.length / classes);
    for (let t = 0; t < column.length; t++) column[t] = probabilities[t * classes + c];
    const classScore = meanOfHighest(column);
    if (classScore <= 0) return; // the source zeroes the column, and a constant column has no run
    const highest = column.reduce((a, b) => Math.max(a, b));
    const lowest = column.reduce((a, b) => Math.min(a, b));
    const limit = highest - (highest - lowest) * rangeBelowMaximum;
    for (let t = 0; t < column.length; t++) {
      if (!(column[t] > limit)) continue;
      const first = t;
      let peak = column[t];
      for (; t < column.length && column[t] > limit; t++) peak = Math.max(peak, column[t]);
      if ((t - first) * framesPerSnippet < shortestDetection) continue;
      const score = peak + classScoreWeight * classScore;
      detections.push({
        video,
        start: first * framesPerSnippet,
        end: t * framesPerSnippet,
        score,
      });
    }
  });
  return detections.sort((a, b) => b.score - a.score);
}

/**
 * Mean of the highest sixteenth of the frames, all snippets having as many frames: some snippets
 * whole, and a part of the next.
 */
function meanOfHighest(column: Float64Array): number {
  const descending = column.toSorted().reverse();
  const whole = Math.floor(column.length / highestShare);
  let sum = descending[whole] * (column.length % highestShare);
  for (let t = 0; t < whole; t++) sum += descending[t] * highestShare;
  return sum / column.length;
}

function segmentsOf(videos: DetectionVideo[], label: string): GroundTruthSegment[] {
  return videos.flatMap(({ segments }, video) =>
    segments.filter((segment) => segment.label === label)
      .map(({ start, end }) => ({ video, start, end }))
  );
}

/** Sum of the precisions at the ranks of true positives, by the number of annotated segments. */
function averagePrecisionAt(
  iou: number,
  detections: Detection[],
  truths: GroundTruthSegment[],
): number {
  const unmatched = [...truths];
  let matches = 0;
  let sum = 0;
  detections.forEach((detection, rank) => {
    let best = -1;
    let bestOverlap = 0;
    unmatched.forEach((truth, i) => {
      if (truth.video !== detection.video) return;
      const overlap = intersectionOverUnion(detection, truth);
      if (overlap >= iou && overlap > bestOverlap) {
        best = i;
        bestOverlap = overlap;
      }
    });
    if (best < 0) return;
    unmatched.splice(best, 1);
    matches++;
    sum += matches / (rank + 1);
  });
  return matches === 0 ? 0 : sum / truths.length;
}

function intersectionOverUnion(a: FrameInterval, b: FrameInterval): number {
  const common = Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
  return common / (a.end - a.start + b.end - b.start - common);
}

function checkVideos(videos: DetectionVideo[], classes: string[]): void {
  if (videos.length === 0) {
    throw fault(
      RangeError,
      "Cannot compute the detection mAP: expected at least one video, found none; set data.test",
    );
  }
  for (const { id, probabilities, segments } of videos) {
    if (probabilities.length === 0 || probabilities.length % classes.length !== 0) {
      throw fault(
        TypeError,
        `Cannot compute the detection mAP of "${id}": expected rows of ${classes.length} class probabilities, found ${probabilities.length} numbers; check the number of classes`,
      );
    }
    const bad = probabilities.findIndex((probability) => !Number.isFinite(probability));
    if (bad >= 0) {
      throw fault(
        RangeError,
        `Cannot compute the detection mAP of "${id}": a probability of snippet ${
          Math.floor(bad / classes.length)
        } is ${
          probabilities[bad]
        }, expected a finite number; check its features and the checkpoint`,
      );
    }
    for (const { label } of segments) {
      if (label === normalLabel || classes.includes(label)) continue;
      throw fault(
        RangeError,
        `Cannot compute the detection mAP of "${id}": the label "${label}" is no class; expected ${normalLabel} or one of ${
          classes.join(", ")
        }`,
      );
    }
  }
}
