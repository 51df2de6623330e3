/**
 * The page of one scored video, on which curve and video go together. Styles, scripts, numbers and
 * pictures are inside; the video is linked, or inside too.
 */

import pageStyle from "./page/page.css" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import videoScript from "./page/video.js" with { type: "text" };
import videoStyle from "./page/video.css" with { type: "text" };
import videoTemplate from "./page/video.html" with { type: "text" };
import { element, fillTemplate, jsonForScript, Markup, markup } from "./markup.ts";
import { secondsAt, type VideoScores } from "./score_files.ts";
import { timeCode } from "./time_code.ts";

export interface VideoMedia {
  /** Relative address, or a data: address. */
  address: string;
  /** "video/mp4". */
  type: string;
  /** What the user calls the video. */
  source: string;
}

export interface VideoPage {
  video: VideoScores;
  /** Null where no browser can play the video. */
  media: VideoMedia | null;
  /** A data: address of a picture for each of {@link partsOf}, null where there is none. */
  thumbnails: (string | null)[];
  facts: [name: string, value: string][];
}

const styles = new Markup(`<style>\n${pageStyle}\n${videoStyle}</style>`);

/** The lowest and the highest value of the axis of scores. */
function rangeOf({ scores, unbounded }: VideoScores): [number, number] {
  if (!unbounded) return [0, 1];
  const low = scores.reduce((least, score) => Math.min(least, score), Infinity);
  const high = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

/** A part of the video that the page lists; frames are half-open. */
export interface ListedPart {
  startFrame: number;
  endFrame: number;
  peakFrame: number;
  peakScore: number;
  className?: string;
}

/** The alarms where a threshold was asked for, else the segments that score highest. */
export function partsOf({ alarm, events = [], segments }: VideoScores): ListedPart[] {
  if (alarm === undefined) return segments;
  return events.map(({ start, end, peak, peakFrame, ...named }) => ({
    ...{ startFrame: start, endFrame: end, peakScore: peak, peakFrame },
    className: (named as { className?: string }).className,
  }));
}

const seconds = (value: number) => Number(value.toFixed(3));

export function renderVideoPage({ video, media, thumbnails, facts }: VideoPage): string {
  const { id, scores, bounds, frames, threshold, groundTruth, alarm } = video;
  const parts = partsOf(video);
  const at = (frame: number) => seconds(secondsAt(video, frame));
  const duration = at(frames);
  const data = {
    duration,
    range: rangeOf(video),
    threshold,
    source: media?.source ?? id,
    starts: Array.from(bounds.start, at),
    ends: Array.from(bounds.end, at),
    scores: Array.from(scores, (score) => Number(score.toPrecision(6))),
    segments: parts.map(({ startFrame, endFrame, peakFrame }) => ({
      start: at(startFrame),
      end: at(endFrame),
      peak: at(peakFrame),
    })),
    truth: (groundTruth ?? []).map(({ start, end }) => [at(start), at(end)]),
  };
  const truth = groundTruth && markup`<span><svg viewBox="0 0 20 12" aria-hidden="true">
    <rect width="20" height="12" class="truth"/></svg>ground truth</span>`;
  return fillTemplate(videoTemplate, {
    title: markup`${id}: scores`,
    styles,
    name: markup`${id}`,
    line: markup`${frames.toLocaleString("en")} frames, ${timeCode(duration, 1)}; highest score ${
      scoreText(scores.reduce((most, score) => Math.max(most, score), -Infinity))
    }`,
    media: media === null
      ? markup`<p class="note">No copy that a browser plays was made of this video.</p>`
      : element("video", {
        src: media.address,
        controls: "",
        playsinline: "",
        preload: "auto",
        "aria-label": media.source,
      }),
    threshold: markup`threshold ${scoreText(threshold)}`,
    truth: truth ?? markup``,
    part: markup`${alarm ? "alarm" : "segment"}`,
    list: markup`${
      alarm === undefined
        ? "Segments that score highest"
        : parts.length === 0
        ? "No alarm"
        : "Alarms"
    }`,
    events: new Markup(
      parts.map((segment, i) =>
        markup`<li><button type="button">${
          thumbnails[i] === null
            ? markup`<span class="no-picture"></span>`
            : element("img", { src: thumbnails[i], alt: `Frame ${segment.peakFrame}` })
        }<span class="times">${timeCode(at(segment.startFrame), 1)} – ${
          timeCode(at(segment.endFrame), 1)
        }</span><span class="line">score ${scoreText(segment.peakScore)} at ${
          timeCode(at(segment.peakFrame), 1)
        }${segment.className && `, ${segment.className}`}</span></button></li>`.text
      ).join("\n"),
    ),
    facts: new Markup(
      facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`.text).join("\n"),
    ),
    data: new Markup(`<script type="application/json" id="data">${jsonForScript(data)}</script>`),
    scripts: new Markup(
      `<script>\n(() => {\n${videoScript}})();\n(() => {\n${saveScript}})();</script>`,
    ),
  });
}

/** Four digits after the point; small scores keep two digits. */
function scoreText(score: number): string {
  return score !== 0 && Math.abs(score) < 1e-3 ? score.toExponential(1) : score.toFixed(4);
}
