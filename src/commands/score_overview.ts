/** index.html, scores.csv and events.csv of a folder of scores: all its videos together. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fault, isFault } from "../fault.ts";
import { type FrameBounds, type ScoreStep, scoreSteps } from "../frames/frame_bounds.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { InputFile, readText } from "../io/read_file.ts";
import { alarmEvents } from "../metrics/alarm_events.ts";
import { INDEX_MARK, type IndexedVideo, renderScoreIndex } from "../report/score_index.ts";
import { type FrameClock, secondsAt } from "../report/score_files.ts";
import {
  eventRows,
  EVENTS_HEAD,
  type NamedEvent,
  scoreRows,
  SCORES_HEAD,
} from "../report/score_tables.ts";
import { tool } from "../tool.ts";
import type { AlarmThreshold } from "./score_threshold.ts";

/** How alarms are made of scores. */
export interface AlarmRule extends AlarmThreshold {
  holdSeconds: number;
  gapSeconds: number;
}

/** A video as its scores tell it. */
export interface OverviewVideo {
  id: string;
  scores: Float32Array;
  bounds: FrameBounds;
  frames: number;
  fps: number;
  /** Seconds at which each frame is shown, where they are not even. */
  times?: Float64Array;
  events: NamedEvent[] | null;
}

/** Names that stand for all videos, and so for none. */
const NAMES = { index: "index.html", scores: "scores.csv", events: "events.csv" };
/** Within so many bytes of its beginning a file of ours is known. */
const MARK_BYTES = 4096;

const earlier = z.object({
  id: z.string(),
  fps: z.number().positive(),
  frames: z.int().min(1),
  start_frame: z.array(z.int()),
  end_frame: z.array(z.int()),
  /** Where frames are not evenly apart. */
  start_seconds: z.array(z.number()).optional(),
  end_seconds: z.array(z.number()).optional(),
  scores: z.array(z.number()).min(1),
  provenance: z.looseObject({ runner: z.string() }),
});

/**
 * Refuses what would make a file of a video and one of all videos the same, and a file of that name
 * that somebody else wrote: before anything is scored.
 *
 * @throws fault
 */
export async function requireOverviewFree(out: string, ids: readonly string[]): Promise<void> {
  const taken = ids.find((id) => `${id}.csv` === NAMES.scores || `${id}.csv` === NAMES.events);
  if (taken !== undefined) {
    throw fault(
      Error,
      `Cannot score the video "${taken}": ${taken}.csv is the table of all videos; rename its file`,
    );
  }
  const marks = { index: INDEX_MARK, scores: SCORES_HEAD, events: EVENTS_HEAD };
  for (const name of ["index", "scores", "events"] as const) {
    const path = join(out, NAMES[name]);
    if (!existsSync(path)) continue;
    using file = await InputFile.open(path);
    const begin = new TextDecoder().decode(await file.read(0, Math.min(MARK_BYTES, file.size)));
    if (begin.includes(marks[name])) continue;
    throw fault(
      Error,
      `Cannot write "${path}": it exists, and wsvad score did not write it; give another --out`,
    );
  }
}

/** The alarms of a video. */
export function eventsOf(
  steps: readonly ScoreStep[],
  { threshold, holdSeconds, gapSeconds }: AlarmRule,
  clock: FrameClock,
): NamedEvent[] {
  if (clock.times === undefined) {
    const [gapFrames, holdFrames] = [gapSeconds * clock.fps, holdSeconds * clock.fps];
    return alarmEvents(steps, { threshold, gapFrames, holdFrames });
  }
  // Gaps and lengths are judged in seconds; an event begins, ends and peaks at edges of steps.
  const frames = new Map<number, number>();
  const secondsOf = (frame: number) => {
    const seconds = secondsAt(clock, frame);
    frames.set(seconds, frame);
    return seconds;
  };
  const inSeconds = steps.map(({ start, end, score }) => ({
    ...{ start: secondsOf(start), end: secondsOf(end), score },
  }));
  const rule = { threshold, gapFrames: gapSeconds, holdFrames: holdSeconds };
  return alarmEvents(inSeconds, rule).map(({ start, end, peak, peakFrame }) => ({
    start: frames.get(start)!,
    end: frames.get(end)!,
    peak,
    peakFrame: frames.get(peakFrame)!,
  }));
}

/**
 * Writes the files anew: of the videos just scored, and of those whose JSON lies in the folder from
 * before. These are judged by the same rule.
 *
 * @returns paths of what was written
 */
export async function writeOverview(
  out: string,
  scored: readonly OverviewVideo[],
  alarm: AlarmRule | null,
  checkpoint: string,
): Promise<string[]> {
  const own = new Set(scored.map(({ id }) => id));
  const videos = [...scored, ...await earlierVideos(out, own, alarm)];
  videos.sort((a, b) => a.id < b.id ? -1 : 1);
  const indexed = videos.map((
    { id, frames, fps, times, scores, bounds, events },
  ): IndexedVideo => ({
    id,
    frames,
    fps,
    times,
    steps: scoreSteps(scores, bounds),
    events,
    files: ["html", "svg", "csv", "json"].map((format) => `${id}.${format}`)
      .filter((name) => existsSync(join(out, name))),
  }));
  const texts: Record<string, string> = {
    [NAMES.index]: renderScoreIndex({ videos: indexed, alarm, checkpoint, tool }),
    [NAMES.scores]: tableOfScores(videos),
  };
  if (alarm !== null) texts[NAMES.events] = tableOfEvents(videos);
  for (const [name, text] of Object.entries(texts)) {
    await writeWhole(join(out, name), text, { overwrite: true });
  }
  return Object.keys(texts).map((name) => join(out, name));
}

/** A row a score of every video. */
export function tableOfScores(videos: readonly OverviewVideo[]): string {
  const rows = videos.map(scoreRows);
  return `${SCORES_HEAD}\n${rows.join("")}`;
}

/** A row an alarm of every video. */
export function tableOfEvents(videos: readonly OverviewVideo[]): string {
  const rows = videos.map((video) => eventRows(video.id, video.events ?? [], video));
  return `${EVENTS_HEAD}\n${rows.join("")}`;
}

async function earlierVideos(
  out: string,
  own: Set<string>,
  alarm: AlarmRule | null,
): Promise<OverviewVideo[]> {
  const videos: OverviewVideo[] = [];
  for (const name of readdirSync(out).sort()) {
    if (!name.endsWith(".json") || own.has(name.slice(0, -5))) continue;
    const video = await readScored(join(out, name));
    if (video === null) continue;
    const bounds = {
      start: Int32Array.from(video.start_frame),
      end: Int32Array.from(video.end_frame),
    };
    const scores = Float32Array.from(video.scores);
    const { id, frames, fps } = video, times = timesOf(video);
    const events = alarm && eventsOf(scoreSteps(scores, bounds), alarm, { fps, times });
    videos.push({ id, scores, bounds, frames, fps, times, events });
  }
  return videos;
}

/**
 * Times of the frames at which scores begin and end, and between them evenly: nothing else is asked
 * for. Undefined where frames are evenly apart.
 */
function timesOf(video: z.infer<typeof earlier>): Float64Array | undefined {
  const { frames, fps, start_frame, end_frame, start_seconds, end_seconds } = video;
  if (start_seconds === undefined || end_seconds === undefined) return undefined;
  const told = new Map<number, number>([[0, 0]]);
  start_frame.forEach((frame, i) => told.set(frame, start_seconds[i]));
  end_frame.forEach((frame, i) => told.set(frame, end_seconds[i]));
  const times = new Float64Array(frames + 1);
  let before = 0;
  for (const frame of [...told.keys()].filter((frame) => frame <= frames).sort((a, b) => a - b)) {
    times[frame] = told.get(frame)!;
    const step = (times[frame] - times[before]) / Math.max(1, frame - before);
    for (let k = before + 1; k < frame; k++) times[k] = times[before] + step * (k - before);
    before = frame;
  }
  for (let k = before + 1; k <= frames; k++) times[k] = times[before] + (k - before) / fps;
  return times;
}

/** Null where the file is no JSON of scores: somebody else's. */
async function readScored(path: string): Promise<z.infer<typeof earlier> | null> {
  try {
    const { data } = earlier.safeParse(JSON.parse(await readText(path)));
    const fits = data && data.scores.length === data.start_frame.length &&
      data.scores.length === data.end_frame.length;
    return fits ? data : null;
  } catch (error) {
    // Of a folder of that name too, or a file that is not for us to read.
    if (error instanceof SyntaxError || isFault(error)) return null;
    throw error;
  }
}
