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
import { pageHead } from "./page_head.ts";
import { secondsAt, type VideoScores } from "./score_files.ts";
import { scoreText } from "./score_text.ts";
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
  /** It is a copy, since browsers do not play the video itself. */
  copied: boolean;
  /** Sound was scored, and its frames are rows of a spectrogram. */
  sound: boolean;
  /** A data: address of a picture for each of {@link partsOf}, null where there is none. */
  thumbnails: (string | null)[];
  facts: [name: string, value: string][];
}

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

export function renderVideoPage(page: VideoPage): string {
  const { video, media, copied, sound, thumbnails, facts } = page;
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
    head: pageHead({ title: `${id}: scores`, styles: [pageStyle, videoStyle], loads: "video" }),
    name: markup`${id}`,
    line: markup`${sound ? "" : `${countOf(frames)}, `}${timeCode(duration, 1)}; highest score ${
      scoreText(scores.reduce((most, score) => Math.max(most, score), -Infinity))
    }`,
    media: playerOf(media),
    copy: copied
      ? markup`<p class="note">Browsers do not play ${
        media!.source
      } itself: this is a copy, of 480 rows at most${sound ? "" : " and without sound"}.</p>`
      : markup``,
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
            ? !sound && markup`<span class="no-picture"></span>`
            : element("img", {
              src: thumbnails[i],
              alt: `At ${timeCode(at(segment.peakFrame), 1)}`,
            })
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

function playerOf(media: VideoMedia | null): Markup {
  if (media === null) {
    return markup`<p class="note">Browsers do not play this video, and no copy of it could be made.</p>`;
  }
  return element(media.type.startsWith("audio/") ? "audio" : "video", {
    src: media.address,
    controls: "",
    playsinline: "",
    preload: "auto",
    "aria-label": media.source,
  });
}

function countOf(frames: number): string {
  return `${frames.toLocaleString("en")} ${frames === 1 ? "frame" : "frames"}`;
}
