/** The files of one scored video. */

import { mkdirSync } from "node:fs";
import { writeWhole } from "../io/atomic_write.ts";
import { scoresCsv, scoresJson, secondsAt, type VideoScores } from "../report/score_files.ts";
import { scoreSvg } from "../report/score_svg.ts";
import type { NamedEvent } from "../report/score_tables.ts";
import { timeCode } from "../report/time_code.ts";
import { relativeThreshold, topSegments } from "../report/top_segments.ts";
import type { ScoreFrames } from "../score/score_frames.ts";
import { outputPath, type ScoreFormat } from "./score_outputs.ts";
import type { AlarmRule } from "./score_overview.ts";
import type { Source } from "./score_sources.ts";

export interface ScoredFile {
  id: string;
  path: string;
  /** Scores: one a snippet, or one a segment where the checkpoint says eval.spread=segments. */
  snippets: number;
  frames: number;
  maximum: number;
  /** Highest first; times are `h:mm:ss.mmm`. */
  segments: { startTime: string; endTime: string; peakScore: number }[];
  /** Null where no threshold was asked for. */
  events: { startTime: string; endTime: string; peakScore: number; className?: string }[] | null;
  written: string[];
}

const WRITERS: Record<Exclude<ScoreFormat, "html">, (video: VideoScores) => string> = {
  csv: scoresCsv,
  json: scoresJson,
  svg: scoreSvg,
};

/** Writes the asked formats as `<out>/<id>.<format>`. */
export async function writeScores(
  { id }: Source,
  scores: Float32Array,
  { bounds, frames, groundTruth }: ScoreFrames,
  options: {
    out: string;
    formats: ScoreFormat[];
    fps: number;
    times?: Float64Array;
    /** What the user named. */
    origin: string;
    /** Of a video: its page. */
    page?: (video: VideoScores) => Promise<string>;
    framesPerSnippet: number;
    top: number;
    unbounded: boolean;
    overwrite: boolean;
    alarm: AlarmRule | null;
    events: NamedEvent[] | null;
    provenance: Record<string, unknown>;
  },
): Promise<ScoredFile> {
  const { out, formats, fps, times, framesPerSnippet, top, overwrite } = options;
  const { alarm, events } = options;
  const threshold = alarm?.threshold ?? relativeThreshold(scores);
  const strictly = alarm !== null;
  const segments = topSegments(scores, {
    ...{ count: top, fps, framesPerSnippet, threshold, strictly, bounds },
    secondsAt: (frame) => secondsAt({ fps, times }, frame),
  });
  const video: VideoScores = {
    id,
    scores,
    bounds,
    frames,
    fps,
    times,
    threshold,
    segments,
    ...(alarm === null ? {} : { alarm, events: events ?? [] }),
    groundTruth,
    unbounded: options.unbounded,
    provenance: options.provenance,
  };
  const written: string[] = [];
  if (formats.length > 0) mkdirSync(out, { recursive: true });
  for (const format of formats) {
    const path = outputPath(out, id, format);
    const text = format === "html" ? await options.page!(video) : WRITERS[format](video);
    await writeWhole(path, text, { overwrite });
    written.push(path);
  }
  return {
    id,
    path: options.origin,
    snippets: scores.length,
    frames,
    maximum: scores.reduce((most, score) => Math.max(most, score), -Infinity),
    segments: segments.map(({ startTime, endTime, peakScore }) => ({
      startTime,
      endTime,
      peakScore,
    })),
    events: events?.map(({ start, end, peak, className }) => ({
      startTime: timeCode(secondsAt({ fps, times }, start)),
      endTime: timeCode(secondsAt({ fps, times }, end)),
      peakScore: peak,
      className,
    })) ?? null,
    written,
  };
}
