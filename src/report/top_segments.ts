/** The parts of a video that score highest, with time codes. */

import { fault } from "../fault.ts";
import { type FrameBounds, snippetBounds } from "../frames/frame_bounds.ts";
import { timeCode } from "./time_code.ts";

export interface TopSegmentOptions {
  /** Segments wanted at most. */
  count: number;
  /** Frames a second of the source video, for the time codes. */
  fps: number;
  /** Frames of one score, where no `bounds` are given. */
  framesPerSnippet: number;
  /** Lowest score of a segment; the middle between the video's lowest and highest by default. */
  threshold?: number;
  /** A segment must be above the threshold, as an alarm must; at it is enough otherwise. */
  strictly?: boolean;
  /** When a frame is shown, where frames are not evenly apart; `frame / fps` when absent. */
  secondsAt?: (frame: number) => number;
  /** Frames of each score, where they are not `framesPerSnippet` each. */
  bounds?: FrameBounds;
}

/** A run of neighbouring snippets; frames are half-open, times are `h:mm:ss.mmm`. */
export interface TopSegment {
  firstSnippet: number;
  lastSnippet: number;
  startFrame: number;
  endFrame: number;
  startTime: string;
  endTime: string;
  peakScore: number;
  peakFrame: number;
  peakTime: string;
  meanScore: number;
}

/** The threshold where none is given: the middle between the lowest and the highest score. */
export function relativeThreshold(scores: ArrayLike<number>): number {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    low = Math.min(low, scores[i]);
    high = Math.max(high, scores[i]);
  }
  return low + (high - low) / 2;
}

/**
 * The segments of a video that score highest: each is a longest run of neighbouring snippets at or
 * above the threshold, sorted by the highest score in it (earlier first among equals). The peak is
 * the first snippet with that score; its frame is the first of that snippet.
 *
 * The default threshold depends on the video alone, so that videos without high scores have
 * segments too (they are the top of that video, not anomalies). Constant scores, and T = 1, are one
 * segment: all of the video. With a `threshold` above every score there is none.
 *
 * @param scores [T], T >= 1
 * @throws {RangeError} no scores, a score that is not finite, a count, fps or threshold out of
 *     range
 */
export function topSegments(scores: ArrayLike<number>, options: TopSegmentOptions): TopSegment[] {
  const { count, fps, framesPerSnippet } = options;
  const refuse = (reason: string) => fault(RangeError, `Cannot choose top segments: ${reason}`);
  if (scores.length === 0) throw refuse("expected at least one score, found none");
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) throw refuse(`score ${i} of ${scores.length} is ${scores[i]}`);
  }
  if (!Number.isInteger(count) || count < 1) {
    throw refuse(`expected a count of 1 or more, found ${count}`);
  }
  if (!(fps > 0 && fps < Infinity)) throw refuse(`expected data.fps above 0, found ${fps}`);
  const threshold = options.threshold ?? relativeThreshold(scores);
  if (!Number.isFinite(threshold)) throw refuse(`expected a finite threshold, found ${threshold}`);
  const limit = Math.fround(threshold); // as an alarm compares
  const reaches = (score: number) => options.strictly ? score > limit : score >= threshold;
  const time = (frame: number) => timeCode(options.secondsAt?.(frame) ?? frame / fps);
  const bounds = options.bounds ?? snippetBounds(scores.length, framesPerSnippet);

  const segments: TopSegment[] = [];
  for (let first = 0; first < scores.length; first++) {
    if (!reaches(scores[first])) continue;
    let last = first;
    let peak = first;
    let sum = scores[first];
    while (last + 1 < scores.length && reaches(scores[last + 1])) {
      last++;
      sum += scores[last];
      if (scores[last] > scores[peak]) peak = last;
    }
    const startFrame = bounds.start[first];
    const endFrame = bounds.end[last];
    segments.push({
      firstSnippet: first,
      lastSnippet: last,
      startFrame,
      endFrame,
      startTime: time(startFrame),
      endTime: time(endFrame),
      peakScore: scores[peak],
      peakFrame: bounds.start[peak],
      peakTime: time(bounds.start[peak]),
      meanScore: sum / (last - first + 1),
    });
    first = last;
  }
  return segments.sort((a, b) => b.peakScore - a.peakScore).slice(0, count);
}
