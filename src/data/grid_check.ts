/**
 * Whether the test features cover the frames of their videos, before anything is scored. Features
 * at every 32nd frame that are read as every 16th end in the middle of each video: events behind
 * their last snippet would leave the evaluation without a word.
 */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import {
  behind,
  fittingFramesPerSnippet,
  type MeasuredVideo,
  offGrid,
} from "../frames/feature_grid.ts";
import type { DataNeed } from "./data_need.ts";
import { someOf } from "./feature_list.ts";
import type { TestVideo } from "./video.ts";

/** The settings of the section `data` that tell how long scores and ground truth are. */
type GridData = Pick<DataConfig, "segments_test" | "frame_counts">;
type Evaluation = Required<DataNeed>["evaluation"];

/** What is said of the test videos, and the ids of those that it is said of. */
export interface GridCheck {
  warning: string | null;
  offGrid: string[];
}

/** What is looked at of a test video. */
export type CheckedVideo = Pick<
  TestVideo,
  "id" | "videoFrames" | "groundTruthFrames" | "marked"
>;

/** A test video beside the snippets of its files. */
interface Measured {
  video: CheckedVideo;
  snippets: number;
  /** Frames that the scores will cover. */
  scored: number;
  /** Frames that its ground truth covers. */
  labelled: number;
  /** Frames that can be compared. */
  compared: number;
}

/**
 * Compares P T of every test video with its frames, where they are known; counts the events behind
 * the last snippet, where they are not.
 *
 * @param snippets of the files, a video each
 * @throws {RangeError} a fault: `eval.align=strict` and videos that differ
 */
export function checkGrid(
  config: GridData,
  evaluation: Evaluation,
  test: readonly CheckedVideo[],
  snippets: readonly number[],
): GridCheck {
  const measured = test.map((video, i) => measure(config, evaluation, video, snippets[i]));
  if (evaluation.align === "strict") refuseDifferences(config, evaluation, measured);
  const pooled = pooledWarning(config, measured);
  if (pooled !== null) return { warning: pooled, offGrid: test.map(({ id }) => id) };
  const off = videosOff(measured, evaluation.frames_per_snippet);
  if (off.length === 0) return { warning: null, offGrid: [] };
  return {
    warning: `${sentence(measured, off, evaluation)}; ${remedy(config, evaluation, measured)}`,
    offGrid: off.map(({ video }) => video.id),
  };
}

function measure(
  config: GridData,
  { align, spread, frames_per_snippet: perSnippet }: Evaluation,
  video: CheckedVideo,
  snippets: number,
): Measured {
  const labelled = video.groundTruthFrames(snippets);
  const scored = spread === "segments"
    ? video.videoFrames ?? labelled
    : perSnippet * (config.segments_test ?? snippets);
  const compared = align === "extend" ? Math.max(scored, labelled) : Math.min(scored, labelled);
  return { video, snippets, scored, labelled, compared };
}

/** Frames compared less those of the video; where these are unknown, of the ground truth. */
function differenceOf({ video, scored, labelled, compared }: Measured): number {
  if (video.videoFrames !== undefined) return compared - video.videoFrames;
  return scored - labelled;
}

function lengthsOf({ video, snippets }: Measured): MeasuredVideo {
  return { snippets, frames: video.videoFrames! };
}

/** Anomalous frames behind the last that is compared. */
function lostOf({ video, compared }: Measured) {
  return behind(video.marked, compared);
}

/** End of the last marked event; 0 without one. */
function lastMarked({ marked }: Measured["video"]): number {
  return marked.reduce((last, { end }) => Math.max(last, end), 0);
}

function videosOff(measured: Measured[], perSnippet: number): Measured[] {
  const frames = measured.reduce((sum, { video, labelled }) => {
    return sum + (video.videoFrames ?? labelled);
  }, 0);
  const off = offGrid(measured.map(differenceOf), frames, perSnippet);
  return measured.filter((one, i) => {
    const { events, frames } = lostOf(one);
    return off[i] || events > 0 || frames > 2 * perSnippet;
  });
}

/** How many videos differ, the first of them in numbers, and what is lost. */
function sentence(
  measured: Measured[],
  off: Measured[],
  evaluation: Evaluation,
): string {
  const lost = off.map(lostOf);
  const events = lost.reduce((sum, { events }) => sum + events, 0);
  const frames = lost.reduce((sum, { frames }) => sum + frames, 0);
  const all = measured.reduce((sum, { video }) => sum + video.marked.length, 0);
  const cut = events > 0
    ? `${events} of ${all} events lie behind the last snippet, ${frames} anomalous frames are cut`
    : frames > 0
    ? `${frames} anomalous frames behind the last snippet are cut`
    : "no anomalous frame is cut";
  const shown = off.slice(0, 3).map((one) => inNumbers(one, evaluation)).join(", ");
  const more = off.length > 3
    ? `, and ${someOf(off.slice(3).map(({ video }) => video.id))} differ as well`
    : "";
  return `features and frames of ${off.length} of ${measured.length} test videos differ in length: ${shown}${more}; ${cut}`;
}

function inNumbers(
  { video, snippets, scored, labelled }: Measured,
  { spread, frames_per_snippet: perSnippet }: Evaluation,
): string {
  const grid = `${perSnippet} x ${snippets} = ${perSnippet * snippets} frames`;
  const covered = spread === "segments" || scored !== perSnippet * snippets
    ? `its scores cover ${scored} frames, its ground truth ${labelled}`
    : `its features cover ${grid}`;
  const last = lastMarked(video);
  const real = video.videoFrames !== undefined
    ? `the video has ${video.videoFrames}`
    : video.marked.length > 0
    ? `its last event ends at ${last}`
    : `its ground truth covers ${labelled}`;
  return `"${video.id}": ${covered}, ${real}`;
}

/** The setting that mends it, found from all videos. */
function remedy(
  config: GridData,
  { spread, frames_per_snippet: perSnippet }: Evaluation,
  measured: Measured[],
): string {
  const other = "take features and ground truth of the same, whole videos";
  if (spread === "segments" && config.frame_counts === "features") {
    return "set data.frame_counts=annotations, so that the ground truth covers the whole video, not 16 frames a segment";
  }
  if (spread === "segments") return other;
  if (config.segments_test !== null) {
    return "set eval.spread=segments, the test videos are reduced to data.segments_test";
  }
  const known = measured.filter(({ video }) => video.videoFrames !== undefined);
  if (known.length > 0) {
    const fitting = fittingFramesPerSnippet(known.map(lengthsOf));
    return fitting !== null && fitting !== perSnippet
      ? `set eval.frames_per_snippet=${fitting}, which fits the videos, or ${other}`
      : other;
  }
  const needed = measured.reduce(
    (most, { video, snippets }) => Math.max(most, lastMarked(video) / snippets),
    0,
  );
  const multiple = 16 * Math.ceil(needed / 16);
  return `if each snippet stands for more frames, say so: all events lie within the features from about eval.frames_per_snippet=${multiple} on; else ${other}`;
}

/**
 * Differences that no rounding explains: a snippet or more of the video, any of the ground truth.
 */
function refuseDifferences(
  config: GridData,
  evaluation: Evaluation,
  measured: Measured[],
): void {
  const { frames_per_snippet: perSnippet } = evaluation;
  const different = measured.filter((one) =>
    one.scored !== one.labelled || Math.abs(differenceOf(one)) >= perSnippet ||
    lostOf(one).frames >= perSnippet
  );
  if (different.length === 0) return;
  throw fault(
    RangeError,
    `Cannot align strictly: ${sentence(measured, different, evaluation)}; ${
      remedy(config, evaluation, measured)
    }, or set eval.align=cut`,
  );
}

/**
 * Frames by which a video may differ from its snippets' before its file is taken for a pooled one.
 */
const pooledFrames = 32;

/** Files pooled to a fixed number of segments whose scores would stand for a few frames each. */
function pooledWarning(
  config: GridData,
  measured: Measured[],
): string | null {
  const known = measured.filter(({ video }) => video.videoFrames !== undefined);
  const suspicious = known.filter((one) => Math.abs(differenceOf(one)) > pooledFrames);
  const pooled = config.segments_test === null && measured.length > 1 &&
    measured.every(({ snippets }) => snippets === measured[0].snippets) &&
    suspicious.length * 2 > measured.length &&
    fittingFramesPerSnippet(known.map(lengthsOf)) === null;
  return pooled
    ? `all test files have ${
      measured[0].snippets
    } snippets whatever the length of the video: they seem to be pooled to segments; set eval.spread=segments data.frame_counts=annotations`
    : null;
}
