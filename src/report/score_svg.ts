/** The score curve of one video as an SVG picture that needs neither fonts nor scripts. */

import { timeTicks, valueTicks } from "./axis_ticks.ts";
import { type ScoreStep, scoreSteps } from "../frames/frame_bounds.ts";
import { element, Markup, markup } from "./markup.ts";
import type { VideoScores } from "./score_files.ts";
import { thin } from "./thin.ts";
import { timeCode } from "./time_code.ts";
import type { TopSegment } from "./top_segments.ts";

// Pixels.
const WIDTH = 960;
const LEFT = 56;
const RIGHT = WIDTH - 24;
const PLOT_HEIGHT = 220;
const LANE_HEIGHT = 16;
const ROW_HEIGHT = 20;

// One hue for the scores and one for the truth; both dark enough for thin lines on white.
const INK = "#1d1f21";
const MUTED = "#5d6268";
const RULE = "#e4e4e0";
const SCORE = "#1a5fb4";
const TRUTH = "#c2410c";

/** Where things are: x of a frame, y of a score, and the value ticks. */
interface Scale {
  x(frame: number): number;
  y(score: number): number;
  top: number;
  bottom: number;
  ticks: number[];
}

/**
 * Draws scores over time: the threshold as a dashed line, ground truth shaded, top segments
 * numbered above the curve and listed with their time codes below it.
 *
 * @returns a whole SVG document, 960 pixels wide, higher for more segments
 * @throws {RangeError} scores that are not finite or do not fit their frame bounds
 */
export function scoreSvg(video: VideoScores): string {
  const { frames, threshold, segments } = video;
  const steps = scoreSteps(video.scores, video.bounds, frames);
  const ticks = video.unbounded ? ticksOver(steps) : [0, 0.25, 0.5, 0.75, 1];
  const x = (frame: number) => round(LEFT + (RIGHT - LEFT) * Math.min(frame / frames, 1));

  const places = segments.map((segment) => tagPlace(x, segment));
  const lanes = freeLanes(places);
  const top = 58 +
    (segments.length > 0 ? (lanes.reduce((a, b) => Math.max(a, b), 0) + 1) * LANE_HEIGHT + 4 : 0);
  const bottom = top + PLOT_HEIGHT;
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const y = (score: number) => round(bottom - PLOT_HEIGHT * (score - low) / (high - low));
  const scale: Scale = { x, y, top, bottom, ticks };

  const listTop = bottom + 40;
  const rows = Math.ceil(segments.length / 2);
  const height = listTop + (rows > 0 ? rows * ROW_HEIGHT + 12 : 0);
  const drawing = [
    element("title", { id: "title" }, `Scores of ${video.id}`),
    element("desc", { id: "description" }, describe(video)),
    element("rect", { width: WIDTH, height, fill: "#ffffff" }),
    text(LEFT, 26, video.id, { "font-size": 16, "font-weight": "bold" }),
    text(LEFT, 45, legend(video), { fill: MUTED }),
    ...drawTruth(video, scale),
    ...drawAxes(video, scale),
    threshold >= low && threshold <= high
      ? path(`M${LEFT} ${y(threshold)}H${RIGHT}`, { stroke: MUTED, "stroke-dasharray": "5 4" })
      : markup``,
    path(curve(steps, scale), { stroke: SCORE, "stroke-width": 1.5, "stroke-linejoin": "round" }),
    ...segments.flatMap((segment, i) => [
      path(`M${x(segment.startFrame)} ${top - 3}H${segmentEnd(x, segment)}`, {
        stroke: SCORE,
        "stroke-width": 4,
      }),
      number(places[i], top - 10 - lanes[i] * LANE_HEIGHT, i, "middle"),
    ]),
    ...segments.flatMap((segment, i) => {
      const left = LEFT + Math.floor(i / rows) * (RIGHT - LEFT) / 2;
      return listSegment(segment, i, left, listTop + ROW_HEIGHT * (i % rows + 0.5));
    }),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    "font-family": "Helvetica, Arial, sans-serif",
    "font-size": 12,
    fill: INK,
    role: "img",
    "aria-labelledby": "title description",
  };
  const lines = drawing.filter(({ text }) => text !== "").map(({ text }) => text).join("\n");
  return element("svg", attributes, new Markup(`\n${lines}\n`)).text + "\n";
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

type Attributes = Record<string, string | number>;

function text(x: number, y: number, content: string | number, attributes: Attributes = {}): Markup {
  return element("text", { x: round(x), y: round(y), ...attributes }, content);
}

function path(d: string, attributes: Attributes): Markup {
  return element("path", { d, fill: "none", ...attributes });
}

function number(x: number, y: number, index: number, anchor: "middle" | "end"): Markup {
  return text(x, y, index + 1, { "text-anchor": anchor, "font-weight": "bold", fill: SCORE });
}

function ticksOver(steps: ScoreStep[]): number[] {
  let low = Infinity;
  let high = -Infinity;
  for (const { score } of steps) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return valueTicks(low, high, 4);
}

/** A segment of a long video is drawn two pixels wide at least. */
function segmentEnd(x: Scale["x"], { startFrame, endFrame }: TopSegment): number {
  return round(Math.max(x(endFrame), x(startFrame) + 2));
}

function tagPlace(x: Scale["x"], segment: TopSegment): number {
  const middle = (x(segment.startFrame) + segmentEnd(x, segment)) / 2;
  return Math.min(Math.max(middle, LEFT + 8), RIGHT - 8);
}

/** For each place the lowest lane in which no earlier number stands nearer than 20 pixels. */
function freeLanes(places: number[]): number[] {
  const taken: number[][] = [];
  return places.map((place) => {
    let lane = 0;
    while (taken[lane]?.some((other) => Math.abs(other - place) < 20)) lane++;
    (taken[lane] ??= []).push(place);
    return lane;
  });
}

function drawTruth({ groundTruth = [], frames }: VideoScores, { x, top }: Scale): Markup[] {
  return groundTruth.filter(({ start }) => start < frames).map(({ start, end }) =>
    element("rect", {
      x: x(start),
      y: top,
      width: round(Math.max(x(end) - x(start), 1)),
      height: PLOT_HEIGHT,
      fill: TRUTH,
      "fill-opacity": 0.16,
    })
  );
}

function drawAxes({ frames, fps }: VideoScores, { x, y, bottom, ticks }: Scale): Markup[] {
  const time = timeTicks(frames / fps, 8);
  return [
    ...ticks.flatMap((tick) => [
      path(`M${LEFT} ${y(tick)}H${RIGHT}`, { stroke: RULE }),
      text(LEFT - 8, y(tick) + 4, tick, { "text-anchor": "end", fill: MUTED }),
    ]),
    ...time.at.flatMap((tick) => {
      const place = x(tick * fps);
      const anchor = tick === 0 ? "start" : place > RIGHT - 20 ? "end" : "middle";
      return [
        path(`M${place} ${bottom}v4`, { stroke: MUTED }),
        text(place, bottom + 18, timeCode(tick, time.digits), {
          "text-anchor": anchor,
          fill: MUTED,
        }),
      ];
    }),
  ];
}

/** Steps as lines; scores are thinned to about two a pixel, gaps without scores stay gaps. */
function curve(steps: ScoreStep[], { x, y }: Scale): string {
  const kept = thin([steps.map((step) => step.score)], (RIGHT - LEFT) / 2);
  let d = "";
  for (let k = 0; k < kept.length; k++) {
    const step = steps[kept[k]];
    const gap = k === 0 || steps[kept[k] - 1].end < step.start;
    d += gap ? `M${x(step.start)} ${y(step.score)}` : `H${x(step.start)}V${y(step.score)}`;
    const next = steps[kept[k] + 1];
    if (next === undefined || next.start > step.end) d += `H${x(step.end)}`;
  }
  return d;
}

function listSegment(segment: TopSegment, index: number, left: number, y: number): Markup[] {
  const { startTime, endTime, peakScore, peakTime } = segment;
  return [
    number(left + 14, y, index, "end"),
    text(left + 26, y, `${startTime} \u2013 ${endTime}`),
    text(left + 200, y, `peak ${peakScore.toFixed(4)} at ${peakTime}`, { fill: MUTED }),
  ];
}

function legend({ scores, frames, fps, threshold, groundTruth }: VideoScores): string {
  const parts = [
    `${frames.toLocaleString("en")} frames at ${fps} fps, ${timeCode(frames / fps)}`,
    scores.length === 1 ? "1 score" : `${scores.length} scores`,
    `dashed: threshold ${Number(threshold.toPrecision(4))}`,
  ];
  if (groundTruth !== undefined) {
    parts.push(groundTruth.length > 0 ? "shaded: ground truth" : "no anomaly in the ground truth");
  }
  return parts.join("   \u00b7   ");
}

function describe({ segments, groundTruth, ...video }: VideoScores): string {
  const lines = [`${legend({ segments, groundTruth, ...video })}.`];
  for (const { startTime, endTime, peakScore } of segments) {
    lines.push(`From ${startTime} to ${endTime}, highest score ${peakScore.toFixed(4)}.`);
  }
  return lines.join(" ");
}
