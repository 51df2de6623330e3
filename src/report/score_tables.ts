/** What `wsvad score` writes of all videos together: one table of scores, one of alarms. */

import type { AlarmEvent } from "../metrics/alarm_events.ts";
import { float32Text, type FrameClock, secondsAt, type VideoScores } from "./score_files.ts";
import { timeCode } from "./time_code.ts";

/** First lines, by which a file is known as ours. */
export const SCORES_HEAD = "video,snippet,start_frame,end_frame,start_time,end_time,score";
export const EVENTS_HEAD =
  "video,event,start_frame,end_frame,start_time,end_time,peak_score,peak_time,class";

/** An alarm, with the class that a text branch names. */
export interface NamedEvent extends AlarmEvent {
  className?: string;
}

/** A field of CSV: quoted where it holds a comma, a quote or a line end. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of one video for scores.csv, without the head. */
export function scoreRows(
  scored: Pick<VideoScores, "id" | "scores" | "bounds"> & FrameClock,
): string {
  const { id, scores, bounds } = scored;
  const video = csvField(id);
  const rows: string[] = [];
  for (let i = 0; i < scores.length; i++) {
    const [start, end] = [bounds.start[i], bounds.end[i]];
    const times = [start, end].map((frame) => timeCode(secondsAt(scored, frame)));
    rows.push([video, i, start, end, ...times, float32Text(scores[i])].join(",") + "\n");
  }
  return rows.join("");
}

/** Rows of one video for events.csv, without the head; none where nothing alarms. */
export function eventRows(id: string, events: readonly NamedEvent[], clock: FrameClock): string {
  const time = (frame: number) => timeCode(secondsAt(clock, frame));
  return events.map(({ start, end, peak, peakFrame, className }, i) =>
    [
      csvField(id),
      i + 1,
      start,
      end,
      time(start),
      time(end),
      float32Text(peak),
      time(peakFrame),
      csvField(className ?? ""),
    ].join(",") + "\n"
  ).join("");
}
