/** Which frames of the video each score stands for. */

import { c3dBounds } from "./c3d_bounds.ts";

/**
 * Half-open frame ranges, one a score: score i stands for frames `start[i]` to `end[i]`, exclusive.
 */
export interface FrameBounds {
  start: Int32Array;
  end: Int32Array;
}

/**
 * Bounds of scores that stand for `framesPerSnippet` frames each, without gap or overlap. With
 * `frames`, no bound lies beyond the end of the video.
 */
export function snippetBounds(
  snippets: number,
  framesPerSnippet: number,
  frames = Infinity,
): FrameBounds {
  const edge = (i: number) => Math.min(i * framesPerSnippet, frames);
  return {
    start: Int32Array.from({ length: snippets }, (_, i) => edge(i)),
    end: Int32Array.from({ length: snippets }, (_, i) => edge(i + 1)),
  };
}

/**
 * Bounds of the scores of pooled segments (the 32-segment C3D files): the official bounds, whole
 * clips of 16 frames; the last clip and what follows it belong to no segment. Segments of a video
 * of fewer clips overlap.
 *
 * @throws {RangeError} fewer than 16 frames
 */
export function segmentBounds(frames: number, segments: number): FrameBounds {
  const clips = c3dBounds(frames, segments);
  return {
    start: Int32Array.from({ length: segments }, (_, i) => 16 * clips[i]),
    end: Int32Array.from(
      { length: segments },
      (_, i) => 16 * Math.max(clips[i + 1], clips[i] + 1),
    ),
  };
}

/** A stretch of frames with one score. */
export interface ScoreStep {
  start: number;
  end: number;
  score: number;
}

/**
 * The scores as a function of the frame: sorted steps without overlap, cut to `frames`. Where
 * bounds overlap (32 segments of a video of fewer clips) the later score counts, as when the scores
 * are written frame by frame in their order. Scores without frames have no step.
 *
 * @throws {RangeError} a score that is not finite; bounds that are not sorted or of another number
 */
export function scoreSteps(
  scores: ArrayLike<number>,
  bounds: FrameBounds,
  frames = Infinity,
): ScoreStep[] {
  if (bounds.start.length !== scores.length || bounds.end.length !== scores.length) {
    throw new RangeError(
      `${scores.length} scores have ${bounds.start.length} starts and ${bounds.end.length} ends`,
    );
  }
  const steps: ScoreStep[] = [];
  for (let i = 0; i < scores.length; i++) {
    const start = bounds.start[i];
    const end = Math.min(bounds.end[i], frames);
    if (!Number.isFinite(scores[i])) {
      throw new RangeError(`Score ${i} of ${scores.length} is ${scores[i]}`);
    }
    if (i > 0 && start < bounds.start[i - 1]) {
      throw new RangeError(`Frame bounds are not sorted: score ${i} starts before score ${i - 1}`);
    }
    if (start >= end) continue;
    while (steps.length > 0 && steps[steps.length - 1].start >= start) steps.pop();
    const last = steps[steps.length - 1];
    if (last !== undefined && last.end > start) last.end = start;
    steps.push({ start, end, score: scores[i] });
  }
  return steps;
}
