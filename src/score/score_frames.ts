/** Which frames of its video each score of `wsvad score` stands for. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { cropNumbers, placeOfCrop, snippetsRead } from "../data/crops.ts";
import { isThere, locate, type PathKey } from "../data/data_paths.ts";
import { type Expected, inspectFeatures } from "../data/feature_file.ts";
import { someOf } from "../data/feature_list.ts";
import { checkGrid } from "../data/grid_check.ts";
import { readTestTruths, type TestTruth, type TestTruths } from "../data/test_ground_truth.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { fault } from "../fault.ts";
import type { Tell } from "../progress.ts";
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
  /** Frames, where the video itself was decoded. */
  frames?: number;
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
  /** What reading it takes in memory: the file's values, and what is made of them. */
  bytes: number;
}

/**
 * How scores come to their frames, and what to tell the user of videos that differ from their
 * features.
 */
export interface ScorePlaces {
  place: PlaceScores;
  warnings: string[];
}

/** What the caller of `wsvad score` said beside the files. */
export interface ScoreQuestion {
  /** Frames of the video, where there is but one. */
  frames?: number;
  /**
   * Keys that this command sets: their files must be there, while those of the model's own
   * configuration may have stayed on another machine.
   */
  asked?: readonly PathKey[];
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
  tell?: Tell,
): Promise<InspectedSource<Source>[]> {
  const inspected: InspectedSource<Source>[] = [];
  for (const source of sources) {
    const { id, paths, crops } = source;
    const axes = await inspectFeatures(paths, expected);
    const numbers = cropNumbers({ id, files: paths, crops }, axes);
    const crop = testCrop !== null && numbers.length > 1
      ? placeOfCrop(id, numbers, testCrop)
      : undefined;
    const values = (crop === undefined ? axes.crops : 1) * axes.snippets * axes.dim;
    const bytes = 2 * Float32Array.BYTES_PER_ELEMENT * values;
    inspected.push({ source, snippets: snippetsRead(axes, crop), crop, bytes });
    tell?.("reading headers: video", inspected.length, sources.length);
  }
  return inspected;
}

/**
 * How scores are laid over frames, by `eval.spread`: eval.frames_per_snippet frames a snippet, or
 * the official bounds of segments, which go by the length of the video. That is `frames`, else the
 * one of the configured annotations, with whose frame counts the features are compared as before a
 * training.
 *
 * @throws {RangeError} a fault: `frames` for several videos; segments of a video whose length
 *     nothing tells
 * @throws {Error} a fault: a file that was asked for is not there
 */
export async function scorePlaces(
  { data, eval: { spread, frames_per_snippet: perSnippet } }: Pick<ResolvedConfig, "data" | "eval">,
  videos: readonly InspectedSource[],
  { frames, asked = [] }: ScoreQuestion = {},
): Promise<ScorePlaces> {
  if (frames !== undefined && videos.length > 1) {
    throw fault(
      RangeError,
      `Cannot use --frames ${frames} for ${videos.length} videos: it is the length of one; score them one by one, or set data.annotations to a file with frame counts`,
    );
  }
  const warnings: string[] = [];
  const truths = await knownTruths(data, perSnippet, videos, asked, warnings);
  const truthOf = ({ video }: VideoToScore) => truths?.of(video);
  const evaluation = { align: "cut", spread, frames_per_snippet: perSnippet } as const;
  // Full length is scored, whatever data.segments_test says,
  // and --frames goes before the annotations.
  const offGrid = frames === undefined
    ? gridWarning({ ...data, segments_test: null }, evaluation, videos, truthOf)
    : null;
  if (offGrid !== null) warnings.push(offGrid);
  if (spread === "segments") {
    const lengthOf = (source: VideoToScore) =>
      frames ?? source.frames ?? truthOf(source)?.videoFrames;
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
    return { place, warnings };
  }
  const place: PlaceScores = (source, scores) => {
    const covered = scores * perSnippet;
    const length = frames ?? source.frames;
    if (frames !== undefined && Math.abs(frames - covered) > perSnippet) {
      throw fault(
        RangeError,
        `Cannot lay the scores of "${
          source.paths[0]
        }" over --frames ${frames}: its ${scores} snippets of ${perSnippet} frames are ${covered} frames; leave --frames away, or set eval.spread=segments if the file is pooled to segments`,
      );
    }
    return {
      bounds: snippetBounds(scores, perSnippet, length),
      frames: length ?? covered,
      groundTruth: truthOf(source)?.at(scores).intervals,
    };
  };
  return { place, warnings };
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

/**
 * What the configured files tell of the videos; what they do not tell is said.
 *
 * @throws {Error} a fault: a file that was asked for is not there
 */
async function knownTruths(
  data: ResolvedConfig["data"],
  framesPerSnippet: number,
  videos: readonly InspectedSource[],
  asked: readonly PathKey[],
  warnings: string[],
): Promise<TestTruths | null> {
  const keys = ["annotations", "ground_truth", "ground_truth_list"] as const;
  // A model of synthetic videos may be tried on annotated ones.
  const lost = keys.filter((key) => data[key] !== null && !isThere(data, key));
  const wanted = lost.find((key) => asked.includes(key));
  if (wanted !== undefined) locate(data, wanted);
  // A model that was trained without test videos had no ground truth of any.
  for (const key of data.test === null ? [] : lost) {
    warnings.push(
      `data.${key}=${
        data[key]
      } of the model's configuration is not here: the outputs have no ground truth of it; give data.${key}=FILE for one, or data.${key}=null`,
    );
  }
  const found = {
    ...data,
    ...Object.fromEntries(lost.map((key) => [key, null])),
  };
  if (found.annotations === null && found.ground_truth === null) return null;
  const truths = await readTestTruths(
    found,
    framesPerSnippet,
    () => Promise.resolve(new Map(videos.map(({ source, snippets }) => [source.video, snippets]))),
  );
  if (asked.some((key) => found[key] !== null)) {
    const without = videos.map(({ source }) => source.video)
      .filter((video) => truths.of(video) === undefined);
    if (without.length > 0) {
      warnings.push(
        `the ground truth that was given has nothing of ${without.length} of ${videos.length} videos: ${
          someOf(without)
        }; their outputs have none`,
      );
    }
  }
  return truths;
}
