/** What `wsvad score` writes of a video, as text: CSV for tables, JSON for programs. */

import type { FrameInterval } from "../frames/interval.ts";
import type { FrameBounds } from "../frames/frame_bounds.ts";
import type { AlarmEvent } from "../metrics/alarm_events.ts";
import { timeCode } from "./time_code.ts";
import type { TopSegment } from "./top_segments.ts";

/** The scores of one video and what is needed to read them. */
export interface VideoScores {
  id: string;
  /** [T] finite, T >= 1. */
  scores: Float32Array;
  bounds: FrameBounds;
  /** Frames of the video; where unknown, the end of the last score. */
  frames: number;
  fps: number;
  /** Seconds at which each frame is shown, where they are not even. */
  times?: Float64Array;
  /** The threshold of `segments`; drawn in the plot. */
  threshold: number;
  segments: TopSegment[];
  /** What was asked to be an alarm, and the alarms of the video. */
  alarm?: { threshold: number; rule: string; holdSeconds: number; gapSeconds: number };
  events?: AlarmEvent[];
  /** Anomalous frames, where the video has an annotation. */
  groundTruth?: FrameInterval[];
  /** Whether scores may leave [0, 1]. */
  unbounded?: boolean;
  /** Feature file, checkpoint, runner, device, tool version: as the caller knows them. */
  provenance: Record<string, unknown>;
}

/** What tells when a frame is shown: a rate, or where it varies the time of each frame. */
export type FrameClock = Pick<VideoScores, "fps" | "times">;

/** When a frame is shown; a frame behind the last one is the end of the video. */
export function secondsAt({ fps, times }: FrameClock, frame: number): number {
  if (times === undefined) return frame / fps;
  return times[frame] ?? times[times.length - 1] + (frame - times.length + 1) / fps;
}

/** The shortest decimal number that reads back as the same float32. */
export function float32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/**
 * One row a score: `snippet,start_frame,end_frame,start_time,end_time,score`. Snippets and frames
 * count from 0, ends are exclusive, times are `h:mm:ss.mmm`, scores read back as the same float32.
 */
export function scoresCsv(video: VideoScores): string {
  const { scores, bounds } = video;
  const time = (frame: number) => timeCode(secondsAt(video, frame));
  const rows = ["snippet,start_frame,end_frame,start_time,end_time,score"];
  for (let i = 0; i < scores.length; i++) {
    const start = bounds.start[i];
    const end = bounds.end[i];
    rows.push(
      [i, start, end, time(start), time(end), float32Text(scores[i])].join(","),
    );
  }
  return rows.join("\n") + "\n";
}

/** The scores, the frames they stand for, the top segments and where all of it comes from. */
export function scoresJson(video: VideoScores): string {
  const { scores, bounds, segments, groundTruth } = video;
  const content = {
    id: video.id,
    provenance: video.provenance,
    fps: video.fps,
    frames: video.frames,
    threshold: video.threshold,
    segments: segments.map((segment) => ({
      first_snippet: segment.firstSnippet,
      last_snippet: segment.lastSnippet,
      start_frame: segment.startFrame,
      end_frame: segment.endFrame,
      start_time: segment.startTime,
      end_time: segment.endTime,
      peak_score: Number(float32Text(segment.peakScore)),
      peak_frame: segment.peakFrame,
      peak_time: segment.peakTime,
      mean_score: segment.meanScore,
    })),
    ...(video.alarm === undefined ? {} : { alarm: alarmJson(video) }),
    ...(groundTruth === undefined
      ? {}
      : { ground_truth: groundTruth.map(({ start, end }) => [start, end]) }),
    start_frame: Array.from(bounds.start),
    end_frame: Array.from(bounds.end),
    ...(video.times === undefined ? {} : {
      start_seconds: Array.from(bounds.start, (frame) => secondsAt(video, frame)),
      end_seconds: Array.from(bounds.end, (frame) => secondsAt(video, frame)),
    }),
    scores: Array.from(scores, (score) => Number(float32Text(score))),
  };
  // One line a key; lists of numbers stay on their line.
  const lines = Object.entries(content).map(([key, value]) => {
    const text = key === "segments" && segments.length > 0
      ? `[\n${(value as unknown[]).map((row) => `    ${JSON.stringify(row)}`).join(",\n")}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

function alarmJson({ alarm, events = [], ...clock }: VideoScores) {
  const { threshold, rule, holdSeconds, gapSeconds } = alarm!;
  const time = (frame: number) => timeCode(secondsAt(clock, frame));
  return {
    threshold,
    rule,
    hold_seconds: holdSeconds,
    gap_seconds: gapSeconds,
    events: events.map(({ start, end, peak, peakFrame, ...named }) => ({
      start_frame: start,
      end_frame: end,
      start_time: time(start),
      end_time: time(end),
      peak_score: Number(float32Text(peak)),
      peak_frame: peakFrame,
      peak_time: time(peakFrame),
      ...("className" in named && named.className ? { class: named.className } : {}),
    })),
  };
}
