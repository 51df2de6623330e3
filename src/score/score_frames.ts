/** Which frames of its video each score of `wsvad score` stands for. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { dataPaths } from "../data/data_paths.ts";
import { someOf } from "../data/feature_list.ts";
import { readTestTruths, type TestTruths } from "../data/test_ground_truth.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { videoIdOf } from "../data/video_id.ts";
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

/** Gives a video its frames, by its (first) feature file and its number of scores. */
export type PlaceScores = (path: string, scores: number) => ScoreFrames;

/**
 * How scores are laid over frames, by `eval.spread`: eval.frames_per_snippet frames a snippet, or the official bounds of
 * segments, which go by the length of the video. That is `frames`, else the one of the configured
 * annotations.
 *
 * @param paths the (first) feature file of each video
 * @param frames frames of the video, where there is but one
 * @throws {RangeError} a fault: `frames` for several videos; segments of a video whose length nothing tells
 */
export async function scorePlaces(
  { data, eval: { spread, frames_per_snippet: perSnippet } }: Pick<ResolvedConfig, "data" | "eval">,
  paths: string[],
  frames?: number,
): Promise<PlaceScores> {
  if (frames !== undefined && paths.length > 1) {
    throw fault(
      RangeError,
      `Cannot use --frames ${frames} for ${paths.length} videos: it is the length of one; score them one by one, or set data.annotations to a file with frame counts`,
    );
  }
  const truths = await knownTruths(data, perSnippet);
  const truthOf = (path: string) => truths?.of(videoIdOf(path));
  if (spread === "segments") {
    const lengthOf = (path: string) => frames ?? truthOf(path)?.videoFrames;
    const unknown = paths.filter((path) => lengthOf(path) === undefined);
    if (unknown.length > 0) {
      throw fault(
        RangeError,
        `Cannot lay scores over the frames of ${
          someOf(unknown)
        }: with eval.spread=segments a score stands for a part of its video, and nothing tells how many frames that has; give --frames N for one video, data.annotations=FILE with frame counts for several, or eval.spread=snippets if the files are not pooled to segments`,
      );
    }
    return (path, scores) => ({
      bounds: segmentBounds(lengthOf(path)!, scores),
      frames: lengthOf(path)!,
      groundTruth: truthOf(path)?.at(scores).intervals,
    });
  }
  return (path, scores) => {
    const covered = scores * perSnippet;
    if (frames !== undefined && Math.abs(frames - covered) > perSnippet) {
      throw fault(
        RangeError,
        `Cannot lay the scores of "${path}" over --frames ${frames}: its ${scores} snippets of ${perSnippet} frames are ${covered} frames; leave --frames away, or set eval.spread=segments if the file is pooled to segments`,
      );
    }
    return {
      bounds: snippetBounds(scores, perSnippet, frames),
      frames: frames ?? covered,
      groundTruth: truthOf(path)?.at(scores).intervals,
    };
  };
}

/** What the configured files tell of a video, as far as they are on this machine. */
async function knownTruths(
  data: ResolvedConfig["data"],
  framesPerSnippet: number,
): Promise<TestTruths | null> {
  const found = new Set(dataPaths(data).filter(({ found }) => found).map(({ key }) => key));
  const annotations = found.has("data.annotations") ? data.annotations : null;
  const ground_truth = found.has("data.ground_truth") ? data.ground_truth : null;
  if (annotations === null && ground_truth === null) return null;
  return await readTestTruths({ ...data, annotations, ground_truth }, framesPerSnippet);
}
