/** The frame ground truth of the test videos, from what the configuration names. */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import type { FrameInterval } from "../frames/interval.ts";
import type { Annotation } from "../sets/annotations.ts";
import type { GroundTruth } from "../sets/ground_truth.ts";
import { dataSets } from "../sets/index.ts";
import { readAnnotations } from "./annotation_files.ts";
import { locate } from "./data_paths.ts";
import { someOf } from "./feature_list.ts";
import { readStoredLabels, type SnippetsOf } from "./stored_labels.ts";
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

/** Of data without test videos, which may name files of events that are not there. */
export const noTruths: TestTruths = { of: () => undefined, rule: "none" };

/**
 * Reads `data.ground_truth`, else `data.annotations`.
 *
 * @param framesPerSnippet frames behind each snippet of the features
 * @param snippetsOf of the test features, for one vector whose list has no lengths
 * @throws {SyntaxError | Error} a fault: a file is missing or cannot be read as what it should be
 */
export async function readTestTruths(
  config: DataConfig,
  framesPerSnippet: number,
  snippetsOf?: SnippetsOf,
): Promise<TestTruths> {
  const stored = locate(config, "ground_truth");
  const annotated = await annotatedTruths(config, framesPerSnippet);
  if (stored === null) return annotated;
  const labels = await readStoredLabels(config, stored, framesPerSnippet, snippetsOf);
  const { masks, mayLack } = dataSets[config.classes].groundTruth;
  const none: GroundTruth = { frames: 0, intervals: [] };
  return {
    of(id) {
      const annotation = annotated.of(id);
      const found = labels.get(id);
      if (found === undefined && !(masks !== undefined && mayLack(id))) return undefined;
      const truth = found ?? none;
      return {
        ...annotation,
        at: (snippets) => masks?.lay(id, found ?? null, snippets, framesPerSnippet) ?? truth,
        videoFrames: annotation?.videoFrames ?? found?.frames,
        marked: truth.intervals,
      };
    },
    rule: masks?.name ?? `as stored in ${baseName(stored)}`,
  };
}

async function annotatedTruths(config: DataConfig, framesPerSnippet: number): Promise<TestTruths> {
  const path = locate(config, "annotations");
  if (path === null) return noTruths;
  const annotations = await readAnnotations(config, path);
  const byId = new Map<string, Annotation>();
  for (const annotation of annotations) {
    const id = videoIdOf(annotation.id);
    const earlier = byId.get(id);
    if (earlier !== undefined) {
      throw fault(
        SyntaxError,
        `Cannot read annotations "${path}": "${earlier.id}" and "${annotation.id}" stand for the video "${id}"; remove one`,
      );
    }
    byId.set(id, annotation);
  }
  const { rule: ruleOf, mayLack } = dataSets[config.classes].groundTruth;
  const rule = ruleOf(config.ground_truth_rule);
  return {
    of(id) {
      const annotation = byId.get(id) ?? (mayLack(id) ? { id, events: [] } : undefined);
      return annotation && {
        at: (snippets) => {
          const T = config.frame_counts === "annotations" ? null : snippets;
          return rule.at(annotation, T, framesPerSnippet);
        },
        videoFrames: annotation.frames,
        className: annotation.className,
        events: annotation.events.map(([start, end], i) => ({
          start,
          end,
          label: annotation.labels?.[i],
        })),
        marked: withinVideo(rule.marked(annotation.events), annotation.frames),
      };
    },
    rule: rule.name,
  };
}

/** Five official events end past the last frame of their video. */
function withinVideo(events: FrameInterval[], frames = Infinity): FrameInterval[] {
  return events.map(({ start, end }) => ({ start, end: Math.min(end, frames) }));
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
