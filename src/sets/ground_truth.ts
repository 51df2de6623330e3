/**
 * Frame ground truth, as intervals. It is always computed per video from an annotation, a rule and
 * the length of the features, never cut out of one long vector: the official lists come in several
 * orders of the same total length, and a vector in the wrong order goes unnoticed.
 */

import { fault } from "../fault.ts";
import type { FrameInterval } from "../frames/interval.ts";
import type { AnnotatedEvent, Annotation } from "./annotations.ts";

/**
 * Frames that have a ground truth, and the anomalous ones among them: sorted, disjoint, clipped.
 */
export interface GroundTruth {
  frames: number;
  intervals: FrameInterval[];
}

/**
 * The rules in use on UCF-Crime. With F frames in the video, T snippets of P frames in its features
 * (P is 16 but for features of another stride) and events s e:
 *
 * - `rtfm_inclusive_ceil`: P T frames, T usually ceil(F / P); frames s to e, both included
 *   (tianyu0207/RTFM:list/make_gt_ucf.py; the seed project's ground_truth.json)
 * - `vadclip_half_open_floor`: P T frames, T usually floor(F / P); frames s to e, e excluded
 *   (nwpu-zxr/VadCLIP:list/make_gt_ucf.py)
 * - `original_one_based_inclusive`: F frames; s and e count from 1, both included
 *   (WaqasSultani/AnomalyDetectionCVPR2018:Evaluate_Anomaly_Detector.m)
 *
 * Events past the grid are clipped.
 */
export const groundTruthRules = [
  "rtfm_inclusive_ceil",
  "vadclip_half_open_floor",
  "original_one_based_inclusive",
] as const;

export type GroundTruthRule = typeof groundTruthRules[number];

/** How annotated events become the ground truth of a video. */
export interface EventRule {
  name: string;
  /** Events as half-open intervals from frame 0; nothing is clipped or united. */
  marked(events: AnnotatedEvent[]): FrameInterval[];
  /** As {@link groundTruthFor}. */
  at(annotation: Annotation, snippets: number | null, framesPerSnippet: number): GroundTruth;
}

/** One of the rules of UCF-Crime, by its name. */
export function eventRuleOf(name: GroundTruthRule): EventRule {
  return {
    name,
    marked: (events) => markedEvents(events, name),
    at: (annotation, snippets, framesPerSnippet) =>
      groundTruthFor(annotation, name, snippets, framesPerSnippet),
  };
}

/** The rule of XD-Violence. */
export const xdHalfOpen: EventRule = {
  name: "xd_half_open",
  marked: (events) => events.map(([start, end]) => ({ start, end })),
  at: (annotation, snippets, framesPerSnippet) =>
    xdGroundTruth(
      annotation.events,
      snippets ?? Math.ceil(annotatedFrames(annotation, "xd_half_open") / framesPerSnippet),
      framesPerSnippet,
    ),
};

/**
 * Ground truth of one UCF-Crime test video.
 *
 * @param snippets T of the feature file, or null to derive the usual T from the annotated frame
 *   count: files pooled to a fixed number of segments do not tell it
 * @param framesPerSnippet P
 * @throws {RangeError} when the frame count is needed and the annotation has none
 */
export function groundTruthFor(
  annotation: Annotation,
  rule: GroundTruthRule,
  snippets: number | null,
  framesPerSnippet = 16,
): GroundTruth {
  const events = markedEvents(annotation.events, rule);
  switch (rule) {
    case "rtfm_inclusive_ceil": {
      const T = snippets ?? Math.ceil(annotatedFrames(annotation, rule) / framesPerSnippet);
      return clipped(events, T * framesPerSnippet);
    }
    case "vadclip_half_open_floor": {
      const T = snippets ?? Math.floor(annotatedFrames(annotation, rule) / framesPerSnippet);
      return clipped(events, T * framesPerSnippet);
    }
    case "original_one_based_inclusive":
      return clipped(events, annotatedFrames(annotation, rule));
  }
}

/**
 * Annotated events as half-open intervals from frame 0, by the rule; nothing is clipped or united.
 */
function markedEvents(events: AnnotatedEvent[], rule: GroundTruthRule): FrameInterval[] {
  return events.map(([s, e]) => {
    switch (rule) {
      case "rtfm_inclusive_ceil":
        return { start: s, end: e + 1 };
      case "vadclip_half_open_floor":
        return { start: s, end: e };
      case "original_one_based_inclusive":
        return { start: Math.max(s, 1) - 1, end: e };
    }
  });
}

/**
 * Ground truth of an XD-Violence test video on its feature grid: P T frames, ends exclusive, events
 * united.
 */
export function xdGroundTruth(
  events: AnnotatedEvent[],
  snippets: number,
  framesPerSnippet = 16,
): GroundTruth {
  return clipped(events.map(([start, end]) => ({ start, end })), snippets * framesPerSnippet);
}

/**
 * Ground truth of a ShanghaiTech clip on its feature grid: P T frames. A mask that is shorter is
 * extended by its own last value (tianyu0207/RTFM:list/make_gt_sh.py); null is a normal clip, which
 * has no mask.
 *
 * @throws {RangeError} when the mask is longer than P T frames: mask and features belong to
 *     different videos
 */
export function shanghaitechGroundTruth(
  id: string,
  mask: GroundTruth | null,
  snippets: number,
  framesPerSnippet = 16,
): GroundTruth {
  const frames = snippets * framesPerSnippet;
  if (mask === null) return { frames, intervals: [] };
  if (mask.frames > frames) {
    throw fault(
      RangeError,
      `Cannot lay the frame mask of "${id}" over its features: expected at most ${framesPerSnippet} x ${snippets} = ${frames} frames, found ${mask.frames}; take features of the whole clip`,
    );
  }
  const intervals = mask.intervals.map((interval) => ({ ...interval }));
  const last = intervals.at(-1);
  if (last?.end === mask.frames) last.end = frames;
  return { frames, intervals };
}

/**
 * Reads `ground_truth.json`: an object that maps a video to its list of 0 and 1, one per frame, or
 * to `{ "labels": [...] }` as S3R ships it.
 *
 * @param idOf turns a key, often a feature file's name, into the video's id
 * @throws {SyntaxError} not JSON, or not of this form; two keys of one video
 */
export function parseGroundTruth(
  text: string,
  name = "ground_truth.json",
  idOf: (key: string) => string = (key) => key,
): Map<string, GroundTruth> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw fault(SyntaxError, `Cannot read ground truth "${name}": ${problem}`, { cause });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    refuse(`it is not JSON (${(error as Error).message}); write the file again`, error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    refuse(
      'expected an object {"<video>": [0, 1, ...], ...}, found another value; one long list without video names is not accepted, because its order is unknown',
    );
  }
  const videos = new Map<string, GroundTruth>();
  for (const [key, value] of Object.entries(parsed as object)) {
    const id = idOf(key);
    if (videos.has(id)) refuse(`two keys stand for the video "${id}"; remove one`);
    const labels = Array.isArray(value) ? value : value?.labels;
    if (!Array.isArray(labels) || labels.length === 0) {
      refuse(`expected a list of 0 and 1 under "${key}", one per frame; write the file again`);
    }
    const bad = labels.findIndex((label: unknown) => label !== 0 && label !== 1);
    if (bad >= 0) {
      refuse(
        `expected 0 or 1 under "${key}", found ${
          JSON.stringify(labels[bad])
        } at frame ${bad}; write the file again`,
      );
    }
    videos.set(id, { frames: labels.length, intervals: intervalsOf(labels) });
  }
  return videos;
}

/** Runs of ones. */
export function intervalsOf(labels: ArrayLike<number>): FrameInterval[] {
  const intervals: FrameInterval[] = [];
  for (let frame = 0; frame < labels.length; frame++) {
    if (labels[frame] === 0) continue;
    const start = frame;
    while (frame < labels.length && labels[frame] === 1) frame++;
    intervals.push({ start, end: frame });
  }
  return intervals;
}

/**
 * Half-open events in any order, overlapping or past the end, as a ground truth of that many
 * frames.
 */
function clipped(events: FrameInterval[], frames: number): GroundTruth {
  const intervals: FrameInterval[] = [];
  for (const { start, end: marked } of events.toSorted((a, b) => a.start - b.start)) {
    const end = Math.min(marked, frames);
    if (end <= start) continue;
    const last = intervals.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else intervals.push({ start, end });
  }
  return { frames, intervals };
}

function annotatedFrames(annotation: Annotation, rule: string): number {
  if (annotation.frames !== undefined) return annotation.frames;
  throw fault(
    RangeError,
    `Cannot make the ground truth of "${annotation.id}" by ${rule}: the frame count of the video is needed and the annotation has none; take the annotation text with frame counts (UR-DMU's UCF_Annotation.txt)`,
  );
}
