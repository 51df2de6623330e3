/**
 * Do the snippets of a feature file and the frames of its video belong together? T snippets of P
 * frames cover P T frames; a video of F frames has T = ceil(F / P) or floor(F / P) of them, by the
 * extractor.
 */

import type { FrameInterval } from "./interval.ts";

/** The length of a video in both units. */
export interface MeasuredVideo {
  snippets: number;
  frames: number;
}

/**
 * Share of the videos that a number of frames a snippet must fit: public sets have a few odd files.
 */
const fittingShare = 0.9;
/** Share of all frames up to which differences of single videos are borne. */
const toleratedShare = 0.01;
/** Frames a snippet beyond which no extractor is thought of. */
const mostFramesPerSnippet = 4096;

/**
 * The number of frames a snippet by which nearly all videos have ceil(F / P), or nearly all floor(F
 * / P) snippets; null where there is none. Of several the one that fits most videos, then a
 * multiple of the highest power of 2, then the one nearest to the ratio of all frames to all
 * snippets.
 */
export function fittingFramesPerSnippet(videos: readonly MeasuredVideo[]): number | null {
  const frames = videos.reduce((sum, video) => sum + video.frames, 0);
  const snippets = videos.reduce((sum, video) => sum + video.snippets, 0);
  const ratio = frames / snippets;
  if (!(ratio <= mostFramesPerSnippet)) return null;
  let best: { perSnippet: number; rank: number[] } | null = null;
  for (let perSnippet = Math.max(1, Math.floor(ratio / 2)); perSnippet <= 2 * ratio; perSnippet++) {
    const count = (round: (value: number) => number) =>
      videos.filter((video) => round(video.frames / perSnippet) === video.snippets).length;
    const fits = Math.max(count(Math.ceil), count(Math.floor));
    if (fits < fittingShare * videos.length) continue;
    const even = [128, 64, 32, 16, 8, 4, 2, 1].find((divisor) => perSnippet % divisor === 0)!;
    const rank = [fits, even, -Math.abs(perSnippet - ratio)];
    if (best === null || isHigher(rank, best.rank)) best = { perSnippet, rank };
  }
  return best?.perSnippet ?? null;
}

function isHigher(rank: number[], other: number[]): boolean {
  const at = rank.findIndex((value, i) => value !== other[i]);
  return at >= 0 && rank[at] > other[at];
}

/**
 * Which videos differ by more than the rounding of an extractor: by more than two snippets, or by
 * more than one where such differences are over 1 % of all frames.
 *
 * @param differences frames covered less frames of the video, a video each
 * @param frames of all videos together
 */
export function offGrid(
  differences: readonly number[],
  frames: number,
  framesPerSnippet: number,
): boolean[] {
  const apart = differences.map(Math.abs).map((size) => size > framesPerSnippet ? size : 0);
  const sum = apart.reduce((a, b) => a + b, 0);
  const limit = sum > toleratedShare * frames ? 0 : 2 * framesPerSnippet;
  return apart.map((size) => size > limit);
}

/**
 * Events that lie wholly behind the first `frames` frames of a video, and anomalous frames that do.
 */
export function behind(
  events: readonly FrameInterval[],
  frames: number,
): { events: number; frames: number } {
  let lost = 0;
  let end = frames; // of what is counted already: events may overlap
  for (const event of events.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(event.start, end);
    if (event.end <= start) continue;
    lost += event.end - start;
    end = event.end;
  }
  return { events: events.filter(({ start }) => start >= frames).length, frames: lost };
}
