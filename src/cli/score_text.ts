/** What `wsvad score` prints of the videos that it has scored. */

import { join } from "node:path";
import { scoreText, thresholdText } from "../report/score_text.ts";
import { columns } from "./output.ts";
import type { ScoredFile, ScoreFormat, ScoreResult } from "./work.ts";

/** One video with its segments and files; of several a row each, the rest stands in their files. */
export function scoredText(
  { files, spread, skipped, alarm, overview }: Pick<
    ScoreResult,
    "files" | "spread" | "skipped" | "alarm" | "overview"
  >,
  { out, format }: { out: string; format: ScoreFormat[] },
): string {
  const before = `${skipped} ${
    skipped === 1 ? "video was" : "videos were"
  } scored before, in ${out}`;
  if (files.length === 0) return [`nothing is missing: ${before}`, ...overview].join("\n");
  if (skipped > 0) {
    const now = { files, spread, skipped: 0, alarm, overview };
    return [scoredText(now, { out, format }), before].join("\n");
  }
  const rule = alarm === null ? [] : [`alarm above ${thresholdText(alarm)}`];
  if (files.length === 1) return [...rule, videoText(files[0], spread), ...overview].join("\n");
  const rows = files.map(({ id, snippets, frames, maximum, segments: [top], events }) => [
    id,
    String(snippets),
    String(frames),
    scoreText(maximum),
    events === null
      ? (top === undefined ? "" : `${top.startTime} - ${top.endTime}`)
      : alarmsText(events),
  ]);
  return [
    ...rule,
    columns([
      ["video", spread, "frames", "highest", alarm === null ? "highest part" : "alarms"],
      ...rows,
    ]),
    "",
    `${files.length} videos, for each ${join(out, `<video>.${format.join(", .")}`)}`,
    ...overview,
  ].join("\n");
}

/** The first alarm, and how many there are. */
function alarmsText(events: NonNullable<ScoredFile["events"]>): string {
  if (events.length === 0) return "no alarm";
  const [{ startTime, endTime, className }] = events;
  const more = events.length === 1 ? "" : ` and ${events.length - 1} more`;
  return `${startTime} - ${endTime}${className === undefined ? "" : ` ${className}`}${more}`;
}

function videoText(
  { id, snippets, frames, maximum, segments, events, written }: ScoredFile,
  spread: ScoreResult["spread"],
): string {
  const scores = `${snippets} ${snippets === 1 ? spread.slice(0, -1) : spread}`;
  const rows = (events ?? segments).map(({ startTime, endTime, peakScore }) => [
    `${startTime} - ${endTime}`,
    scoreText(peakScore),
  ]);
  return [
    `${id}  ${scores}, ${frames} frames, highest score ${scoreText(maximum)}`,
    rows.length === 0 ? "  no alarm" : columns(rows, "  "),
    ...written.map((path) => `  ${path}`),
  ].join("\n");
}
