/** Which frames of its video each score of `wsvad score` stands for. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { cropNumbers, placeOfCrop, snippetsRead } from "../data/crops.ts";
import { isThere } from "../data/data_paths.ts";
import { type Expected, inspectFeatures } from "../data/feature_file.ts";
import { someOf } from "../data/feature_list.ts";
import { checkGrid } from "../data/grid_check.ts";
import { readTestTruths, type TestTruth, type TestTruths } from "../data/test_ground_truth.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { fault } from "../fault.ts";
import { type FrameBounds, segmentBounds, snippetBounds } from "../frames/frame_bounds.ts";

/** The frames behind the scores of one video. */
export interface ScoreFrames {
  bounds: FrameBounds;
  /** Frames of the video; where unknown, the end of the last score. */
  frames: number;
  /** Anomalous frames, where the configured annotations have the video. */
  groundTruth?: FrameInterval[];
}

/** A video: its file, or its files of one crop each. */
export interface VideoToScore {
  id: string;
  /** The id by which annotations have it. */
  video: string;
  paths: string[];
  /** The numbers of its crops, where the names of the files are not of the usual form. */
  crops?: number[];
}

/** Gives a video its frames, by its number of scores. */
export type PlaceScores = (source: VideoToScore, scores: number) => ScoreFrames;

/** A video with what its files' headers tell. */
export interface InspectedSource<Source extends VideoToScore = VideoToScore> {
  source: Source;
  /** T of what is read. */
  snippets: number;
  /** The place of the one crop that is read; all crops when absent. */
  crop?: number;
}

/**
 * How scores come to their frames, and what to tell the user of videos that differ from their
 * features.
 */
export interface ScorePlaces {
  place: PlaceScores;
  warning: string | null;
}

/**
 * Reads the headers of all files.
 *
 * @param testCrop `data.test_crop`; a video of one crop is scored by that, whatever its number
 * @throws as `inspectFeatures`
 */
export async function inspectSources<Source extends VideoToScore>(
  sources: readonly Source[],
  expected: Expected,
  testCrop: number | null,
): Promise<InspectedSource<Source>[]> {
  const inspected: InspectedSource<Source>[] = [];
  for (const source of sources) {
    const { id, paths, crops } = source;
    const axes = await inspectFeatures(paths, expected);
    const numbers = cropNumbers({ id, files: paths, crops }, axes);
    const crop = testCrop !== null && numbers.length > 1
      ? placeOfCrop(id, numbers, testCrop)
      : undefined;
    inspected.push({ source, snippets: snippetsRead(axes, crop), crop });
  }
  return inspected;
}

/**
 * How scores are laid over frames, by `eval.spread`: eval.frames_per_snippet frames a snippet, or
 * the official bounds of segments, which go by the length of the video. That is `frames`, else the
 * one of the configured annotations, with whose frame counts the features are compared as before a
 * training.
 *
 * @param frames frames of the video, where there is but one
 * @throws {RangeError} a fault: `frames` for several videos; segments of a video whose length
 *     nothing tells
 */
export async function scorePlaces(
  { data, eval: { spread, frames_per_snippet: perSnippet } }: Pick<ResolvedConfig, "data" | "eval">,
  videos: readonly InspectedSource[],
  frames?: number,
): Promise<ScorePlaces> {
  if (frames !== undefined && videos.length > 1) {
    throw fault(
      RangeError,
      `Cannot use --frames ${frames} for ${videos.length} videos: it is the length of one; score them one by one, or set data.annotations to a file with frame counts`,
    );
  }
  const truths = await knownTruths(data, perSnippet);
  const truthOf = ({ video }: VideoToScore) => truths?.of(video);
  const evaluation = { align: "cut", spread, frames_per_snippet: perSnippet } as const;
  // Full length is scored, whatever data.segments_test says,
  // and --frames goes before the annotations.
  const warning = frames === undefined
    ? gridWarning({ ...data, segments_test: null }, evaluation, videos, truthOf)
    : null;
  if (spread === "segments") {
    const lengthOf = (source: VideoToScore) => frames ?? truthOf(source)?.videoFrames;
    const unknown = videos.map(({ source }) => source)
      .filter((source) => lengthOf(source) === undefined).map(({ paths }) => paths[0]);
    if (unknown.length > 0) {
      throw fault(
        RangeError,
        `Cannot lay scores over the frames of ${
          someOf(unknown)
        }: with eval.spread=segments a score stands for a part of its video, and nothing tells how many frames that has; give --frames N for one video, data.annotations=FILE with frame counts for several, or eval.spread=snippets if the files are not pooled to segments`,
      );
    }
    const place: PlaceScores = (source, scores) => ({
      bounds: segmentBounds(lengthOf(source)!, scores),
      frames: lengthOf(source)!,
      groundTruth: truthOf(source)?.at(scores).intervals,
    });
    return { place, warning };
  }
  const place: PlaceScores = (source, scores) => {
    const covered = scores * perSnippet;
    if (frames !== undefined && Math.abs(frames - covered) > perSnippet) {
      throw fault(
        RangeError,
        `Cannot lay the scores of "${
          source.paths[0]
        }" over --frames ${frames}: its ${scores} snippets of ${perSnippet} frames are ${covered} frames; leave --frames away, or set eval.spread=segments if the file is pooled to segments`,
      );
    }
    return {
      bounds: snippetBounds(scores, perSnippet, frames),
      frames: frames ?? covered,
      groundTruth: truthOf(source)?.at(scores).intervals,
    };
  };
  return { place, warning };
}

/** What is said before a training of test videos that differ in length from their features. */
function gridWarning(
  data: ResolvedConfig["data"],
  evaluation: Parameters<typeof checkGrid>[1],
  videos: readonly InspectedSource[],
  truthOf: (source: VideoToScore) => TestTruth | undefined,
): string | null {
  const known = videos.flatMap(({ source, snippets }) => {
    const truth = truthOf(source);
    return truth === undefined ? [] : [{ id: source.id, snippets, truth }];
  });
  const checked = known.map(({ id, truth }) => ({
    id,
    videoFrames: truth.videoFrames,
    marked: truth.marked,
    groundTruthFrames: (T: number) => truth.at(T).frames,
  }));
  return checkGrid(data, evaluation, checked, known.map(({ snippets }) => snippets)).warning;
}

/** What the configured files tell of a video, as far as they are on this machine. */
async function knownTruths(
  data: ResolvedConfig["data"],
  framesPerSnippet: number,
): Promise<TestTruths | null> {
  // A model of synthetic videos may be tried on annotated ones.
  const annotations = isThere(data, "annotations") ? data.annotations : null;
  const ground_truth = isThere(data, "ground_truth") ? data.ground_truth : null;
  if (annotations === null && ground_truth === null) return null;
  return await readTestTruths({ ...data, annotations, ground_truth }, framesPerSnippet);
}
