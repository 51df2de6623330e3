/** From scores over time to alarms: when one begins, when it ends, where it peaks. */

import type { ScoreStep } from "../frames/frame_bounds.ts";

export interface AlarmOptions {
  /** A score above it, strictly, is an alarm. */
  threshold: number;
  /** Alarms that are so many frames apart, or fewer, are one. */
  gapFrames: number;
  /** An alarm must hold for so many frames, gaps within it included; shorter ones are dropped. */
  holdFrames: number;
}

/** An alarm; frames are half-open. */
export interface AlarmEvent {
  start: number;
  end: number;
  /** Its highest score, and the first frame of it. */
  peak: number;
  peakFrame: number;
}

/**
 * The alarms of a video, in their order. Runs above the threshold are merged over gaps first, then
 * those that are too short are dropped.
 *
 * @param steps sorted, disjoint; frames without a score are a gap
 */
export function alarmEvents(
  steps: readonly ScoreStep[],
  { threshold, gapFrames, holdFrames }: AlarmOptions,
): AlarmEvent[] {
  const limit = Math.fround(threshold); // as far_normal compares
  const events: AlarmEvent[] = [];
  for (const { start, end, score } of steps) {
    if (!(score > limit)) continue;
    const last = events.at(-1);
    if (last === undefined || start - last.end > gapFrames) {
      events.push({ start, end, peak: score, peakFrame: start });
      continue;
    }
    last.end = end;
    if (score > last.peak) [last.peak, last.peakFrame] = [score, start];
  }
  return events.filter(({ start, end }) => end - start >= holdFrames);
}
