/** What an alarm of `wsvad score` is, and the class that a text branch gives it. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import { scoreSteps } from "../frames/frame_bounds.ts";
import type { FrameClock } from "../report/score_files.ts";
import type { NamedEvent } from "../report/score_tables.ts";
import type { ScoreFrames } from "../score/score_frames.ts";
import { type AlarmRule, eventsOf } from "./score_overview.ts";
import { scoreThreshold } from "./score_threshold.ts";

/**
 * What the command line asks for; null where it asks for no alarms.
 *
 * @throws fault: a rule that is none, a threshold that the run does not have
 */
export async function alarmRule(
  { threshold, hold = 0, gap = 0, checkpoint }: {
    threshold?: string;
    hold?: number;
    gap?: number;
    checkpoint: string;
  },
  config: ResolvedConfig,
): Promise<AlarmRule | null> {
  if (threshold !== undefined) {
    const chosen = await scoreThreshold(threshold, checkpoint, config);
    return { ...chosen, holdSeconds: hold, gapSeconds: gap };
  }
  if (hold === 0 && gap === 0) return null;
  throw fault(
    RangeError,
    "Cannot hold or merge alarms: there are none without a threshold; add --threshold from-run",
  );
}

/** The alarms of a video, each with the anomalous class of the highest mean probability in it. */
export function namedEvents(
  scores: Float32Array,
  { bounds }: ScoreFrames,
  alarm: AlarmRule,
  { fps, times, classes, probabilities }: FrameClock & {
    classes: readonly string[];
    /** [T, K], Normal first. */
    probabilities?: Float32Array;
  },
): NamedEvent[] {
  const events = eventsOf(scoreSteps(scores, bounds), alarm, { fps, times });
  if (probabilities === undefined || probabilities.length !== scores.length * classes.length) {
    return events;
  }
  return events.map((event) => {
    const sums = new Float64Array(classes.length);
    for (let t = 0; t < scores.length; t++) {
      if (bounds.end[t] <= event.start || bounds.start[t] >= event.end) continue;
      for (let k = 1; k < sums.length; k++) sums[k] += probabilities[t * sums.length + k];
    }
    const best = sums.reduce((best, sum, k) => k > 1 && sum > sums[best] ? k : best, 1);
    return { ...event, className: classes[best] };
  });
}
