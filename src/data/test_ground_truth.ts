/** The frame ground truth of the test videos, from what the configuration names. */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { readText } from "../io/read_file.ts";
import { type Annotation, parseUcfAnnotations, parseXdAnnotations } from "./annotations.ts";
import { xdClassName } from "./classes.ts";
import { locate } from "./data_paths.ts";
import { someOf } from "./feature_list.ts";
import {
  type GroundTruth,
  groundTruthFor,
  markedEvents,
  parseGroundTruth,
  xdGroundTruth,
} from "./ground_truth.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { baseName, videoIdOf } from "./video_id.ts";

/** An event as annotated; the class is that of the video where the file gives none. */
export interface AnnotatedSegment extends FrameInterval {
  label?: string;
}

/** Ground truth of one test video as a function of the snippets of its features. */
export interface TestTruth {
  at(snippets: number): GroundTruth;
  /** Frames of the video, where the annotation tells. */
  videoFrames?: number;
  /** Class name as annotated. */
  className?: string;
  /** Events as annotated, overlaps and all, with their class where the file gives one. */
  events?: AnnotatedSegment[];
  /**
   * Events by the ground-truth rule, not clipped to any features: what a cut is counted against.
   */
  marked: FrameInterval[];
}

/** Ground truth by video id, and the name of the rule that made it. */
export interface TestTruths {
  of(id: string): TestTruth | undefined;
  rule: string;
}

/**
 * Reads `data.ground_truth`, else `data.annotations`.
 *
 * @param framesPerSnippet frames behind each snippet of the features
 * @throws {SyntaxError | Error} a fault: a file is missing or cannot be read as what it should be
 */
export async function readTestTruths(
  config: DataConfig,
  framesPerSnippet: number,
): Promise<TestTruths> {
  const stored = locate(config, "ground_truth");
  const annotated = await readAnnotations(config, framesPerSnippet);
  if (stored === null) return annotated;
  const labels = parseGroundTruth(await readLabels(stored), stored, videoIdOf);
  return {
    of(id) {
      const truth = labels.get(id);
      if (truth === undefined) return undefined;
      const annotation = annotated.of(id);
      return {
        ...annotation,
        at: () => truth,
        videoFrames: annotation?.videoFrames ?? truth.frames,
        marked: truth.intervals,
      };
    },
    rule: `as stored in ${baseName(stored)}`,
  };
}

/** A frame takes up to a dozen characters: XD-Violence's two million frames, indented, 30 MB. */
const LARGEST_LABELS = 256 * 2 ** 20;

/** The text of a file of frame labels. */
async function readLabels(path: string): Promise<string> {
  if (/\.(npy|npz|mat|pkl)$/i.test(path)) {
    throw fault(
      TypeError,
      `Cannot read ground truth "${path}": one vector over all videos says neither which video a frame is of nor in which order the videos come, and the official lists come in several; set data.annotations to the data set's file of events, or data.ground_truth to a JSON file {"<video>": [0, 1, ...], ...}`,
    );
  }
  return await readText(path, {
    attempted: `Cannot read ground truth "${path}"`,
    most: LARGEST_LABELS,
  });
}

async function readAnnotations(
  config: DataConfig,
  framesPerSnippet: number,
): Promise<TestTruths> {
  const path = locate(config, "annotations");
  if (path === null) return { of: () => undefined, rule: "none" };
  const text = await readText(path);
  return config.classes === "xd_violence"
    ? xdTruths(text, path, framesPerSnippet)
    : ucfTruths(text, path, config, framesPerSnippet);
}

function ucfTruths(
  text: string,
  path: string,
  config: DataConfig,
  framesPerSnippet: number,
): TestTruths {
  const byId = new Map<string, Annotation>();
  for (const annotation of parseUcfAnnotations(text, path)) {
    byId.set(videoIdOf(annotation.id), annotation);
  }
  const rule = config.ground_truth_rule;
  return {
    of(id) {
      const annotation = byId.get(id);
      return annotation && {
        at: (snippets) => {
          const T = config.frame_counts === "annotations" ? null : snippets;
          return groundTruthFor(annotation, rule, T, framesPerSnippet);
        },
        videoFrames: annotation.frames,
        className: annotation.className,
        events: annotation.events.map(([start, end]) => ({ start, end })),
        marked: withinVideo(markedEvents(annotation.events, rule), annotation.frames),
      };
    },
    rule,
  };
}

/** Five official events end past the last frame of their video. */
function withinVideo(events: FrameInterval[], frames = Infinity): FrameInterval[] {
  return events.map(({ start, end }) => ({ start, end: Math.min(end, frames) }));
}

/** The official file has the violent videos only. */
function xdTruths(text: string, path: string, framesPerSnippet: number): TestTruths {
  const byId = new Map(
    parseXdAnnotations(text, path).map((annotation) => [annotation.id, annotation]),
  );
  return {
    of(id) {
      const { events, codes } = byId.get(id) ??
        { events: id.endsWith("_label_A") ? [] : undefined, codes: undefined };
      return events && {
        at: (snippets) => xdGroundTruth(events, snippets, framesPerSnippet),
        marked: events.map(([start, end]) => ({ start, end })),
        events: events.map(([start, end], i) => ({
          start,
          end,
          label: codes && xdClassName(codes[i]),
        })),
      };
    },
    rule: "xd_half_open",
  };
}

/**
 * Which of the test videos have a ground truth.
 *
 * @returns whether each has one
 * @throws {Error} a fault: some have none, which are listed, unless data.allow_missing_gt
 */
export function requireTruths(
  ids: readonly string[],
  truths: TestTruths,
  config: DataConfig,
  warnings: string[],
): boolean[] {
  const has = ids.map((id) => truths.of(id) !== undefined);
  const missing = ids.filter((_, i) => !has[i]);
  if (missing.length === 0) return has;
  const where = config.ground_truth ?? config.annotations;
  const count = `${missing.length} of ${ids.length} test videos`;
  if (!config.allow_missing_gt) {
    throw fault(
      Error,
      where === null
        ? `Cannot evaluate: no frame ground truth is configured for the ${ids.length} test videos; set data.annotations or data.ground_truth, or data.test=null`
        : `Cannot find the frame ground truth of ${count} in "${where}": ${
          someOf(missing)
        }; complete the file, or leave these videos out with data.allow_missing_gt=true`,
    );
  }
  warnings.push(`${count} are left out, they have no frame ground truth: ${someOf(missing)}`);
  return has;
}
