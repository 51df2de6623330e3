/** The page of all videos in a folder of scores, the highest score first. */

import indexStyle from "./page/score_index.css" with { type: "text" };
import indexTemplate from "./page/score_index.html" with { type: "text" };
import pageStyle from "./page/page.css" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };
import mediaStyle from "./page/media.css" with { type: "text" };

import type { ScoreStep } from "../frames/frame_bounds.ts";
import { element, fillTemplate, Markup, markup } from "./markup.ts";
import { pageHead } from "./page_head.ts";
import type { NamedEvent } from "./score_tables.ts";
import { type FrameClock, secondsAt } from "./score_files.ts";
import { scoreText, thresholdText } from "./score_text.ts";
import { timeCode } from "./time_code.ts";

const STYLES = [pageStyle, tablesStyle, mediaStyle, indexStyle];
/** By which the page is known as ours. */
export const INDEX_MARK = `<meta name="generator" content="wsvad score">`;
const PARTS = 120;
const HEIGHT = 24;
/** Alarms that are listed for a video; the others are counted, and stand in events.csv. */
const SHOWN = 5;

/** A video of the page. */
export interface IndexedVideo {
  id: string;
  frames: number;
  fps: number;
  /** Seconds at which each frame is shown, where they are not even. */
  times?: Float64Array;
  steps: ScoreStep[];
  /** Null where no threshold was asked for. */
  events: NamedEvent[] | null;
  /** Names of its files, beside the page. */
  files: string[];
}

export interface ScoreIndex {
  videos: IndexedVideo[];
  /** What an alarm is; null where no threshold was asked for. */
  alarm: { threshold: number; rule: string; holdSeconds: number; gapSeconds: number } | null;
  checkpoint: string;
  tool: { name: string; version: string };
}

/** Renders the page; it needs no network, and its script only to save the table. */
export function renderScoreIndex({ videos, alarm, checkpoint, tool }: ScoreIndex): string {
  const peaks = videos.map((video) => ({ video, peak: peakOf(video.steps) }));
  peaks.sort((a, b) => b.peak.score - a.peak.score || (a.video.id < b.video.id ? -1 : 1));
  const low = videos.reduce((least, { steps }) => Math.min(least, lowest(steps)), 0);
  const high = peaks.reduce((most, { peak }) => Math.max(most, peak.score), 1);
  const alarmed = videos.filter(({ events }) => events !== null && events.length > 0).length;
  const line = [
    `${videos.length} ${videos.length === 1 ? "video" : "videos"}`,
    ...(alarm === null ? [] : [`alarms in ${alarmed}`]),
    checkpoint,
    `${tool.name} ${tool.version}`,
  ].join(" \u00b7 ");
  return fillTemplate(indexTemplate, {
    head: pageHead({ title: "Scores", styles: STYLES, more: new Markup(INDEX_MARK) }),
    line: markup`${line}`,
    rule: alarm === null
      ? markup`No threshold was asked for: the highest score of a video tells nothing of an alarm.`
      : markup`Alarm above ${thresholdText(alarm)}, held for ${alarm.holdSeconds} s at
least, alarms within ${alarm.gapSeconds} s are one. Shaded: alarms. Dashed: the threshold.`,
    scripts: new Markup(`<script>\n(() => {\n${saveScript}})();</script>`),
    rows: markup`${peaks.map(({ video, peak }) => row(video, peak, { low, high, alarm }))}`,
  });
}

type Range = { low: number; high: number; alarm: ScoreIndex["alarm"] };

function peakOf(steps: ScoreStep[]): ScoreStep {
  return steps.reduce((most, step) => step.score > most.score ? step : most);
}

function lowest(steps: ScoreStep[]): number {
  return steps.reduce((least, { score }) => Math.min(least, score), Infinity);
}

function row(video: IndexedVideo, peak: ScoreStep, range: Range): Markup {
  const { id, frames, events, files } = video;
  const link = (name: string) =>
    markup`<a href="${encodeURIComponent(name)}">${name.slice(id.length + 1)}</a> `;
  const page = files.find((name) => name === `${id}.html`);
  const name = page === undefined
    ? markup`${id}`
    : markup`<a href="${encodeURIComponent(page)}">${id}</a>`;
  return markup`<tr><th scope="row">${name}<span class="files">${files.map(link)}</span></th>
<td data-name="Length">${timeCode(secondsAt(video, frames), 0)}</td>
<td data-name="Highest">${scoreText(peak.score)} <span class="spread">at ${
    timeCode(secondsAt(video, peak.start), 0)
  }</span></td>
<td data-name="Alarms" class="alarms">${alarmsText(events, video)}</td>
<td class="curve">${curve(video, range)}</td></tr>\n`;
}

function alarmsText(events: NamedEvent[] | null, clock: FrameClock): Markup {
  if (events === null) return markup`\u2013`;
  if (events.length === 0) return markup`<span class="spread">no alarm</span>`;
  const more = events.length - SHOWN;
  const time = (frame: number) => timeCode(secondsAt(clock, frame), 1);
  return markup`${
    events.slice(0, SHOWN).map(({ start, end, className }) =>
      markup`<span class="alarm">${time(start)}\u2013${time(end)}${
        className && ` ${className}`
      }</span>`
    )
  }${more > 0 && markup`<span class="spread">and ${more} more</span>`}`;
}

/** The highest score of each of 120 parts of the video. */
function curve({ id, frames, steps, events }: IndexedVideo, { low, high, alarm }: Range): Markup {
  const x = (frame: number) => Number((frame / frames * PARTS).toFixed(2));
  const y = (score: number) => Number((HEIGHT * (high - score) / (high - low)).toFixed(2));
  const tops = new Array<number>(PARTS).fill(-Infinity);
  for (const { start, end, score } of steps) {
    const last = Math.min(PARTS - 1, Math.ceil(x(end)) - 1);
    for (let part = Math.floor(x(start)); part <= last; part++) {
      tops[part] = Math.max(tops[part], score);
    }
  }
  const d = tops.map((top, part) =>
    top === -Infinity
      ? ""
      : `${part > 0 && tops[part - 1] > -Infinity ? "L" : "M"}${part + 0.5} ${y(top)}`
  ).join("");
  return element(
    "svg",
    {
      viewBox: `0 0 ${PARTS} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `Scores of ${id} over time`,
    },
    ...(events ?? []).map(({ start, end }) =>
      element("rect", {
        x: x(start),
        width: Math.max(x(end) - x(start), 0.75),
        height: HEIGHT,
        class: "shade",
      })
    ),
    alarm !== null && alarm.threshold >= low && alarm.threshold <= high &&
      element("path", { d: `M0 ${y(alarm.threshold)}H${PARTS}`, class: "limit" }),
    element("path", { d, class: "score" }),
  );
}
