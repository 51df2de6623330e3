/**
 * test_scores.json of a run folder: the scores of its test videos with their ground truth, from
 * which thresholds, intervals and comparisons are made without the features.
 */

import { z } from "zod";
import { fault } from "../fault.ts";
import { inForm, jsonOf } from "../io/json_form.ts";
import { readText } from "../io/read_file.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";

/** UCF-Crime has 70 thousand scores, 1 MB. */
const LARGEST = 512 * 2 ** 20;

const schema = z.object({
  /** Steps of the weights that gave the scores; earlier versions did not tell. */
  step: z.int().min(0).optional(),
  videos: z.array(z.object({
    id: z.string(),
    class: z.string(),
    anomalous: z.boolean(),
    frames: z.int().min(0),
    video_frames: z.int().min(0).optional(),
    ground_truth: z.array(z.tuple([z.int(), z.int()])),
    scores: z.array(z.number()),
  })),
});

export interface TestScores {
  /** Steps of the weights that gave the scores; null where an earlier version wrote them. */
  step: number | null;
  videos: ScoredVideo[];
}

/** The shortest decimal number that reads back as the same float32. */
function short(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const number = Number(value.toPrecision(digits));
    if (Math.fround(number) === value) return number;
  }
  return value;
}

/** The file's text, a line a video; `step` is that of the weights. */
export function testScoresText(videos: readonly ScoredVideo[], step: number): string {
  const lines = videos.map((video) =>
    JSON.stringify({
      id: video.id,
      class: video.className,
      anomalous: video.anomalous,
      frames: video.frames,
      video_frames: video.videoFrames,
      ground_truth: video.groundTruth.map(({ start, end }) => [start, end]),
      scores: Array.from(video.scores, short),
    })
  );
  return `{"step": ${step}, "videos": [\n${lines.join(",\n")}\n]}\n`;
}

/**
 * Reads the file; scores are the float32 that the model gave. Class probabilities are not in it.
 *
 * @throws fault when it is no such file
 */
export async function readTestScores(path: string): Promise<TestScores> {
  const refused = (found: string) =>
    fault(SyntaxError, `Cannot read the test scores "${path}": ${found}; train the run again`);
  const json = jsonOf(await readText(path, { most: LARGEST }), refused);
  const data = inForm(json, schema, refused);
  const videos = data.videos.map((video) => ({
    id: video.id,
    className: video.class,
    anomalous: video.anomalous,
    frames: video.frames,
    ...(video.video_frames === undefined ? {} : { videoFrames: video.video_frames }),
    groundTruth: video.ground_truth.map(([start, end]) => ({ start, end })),
    scores: Float32Array.from(video.scores),
  }));
  return { step: data.step ?? null, videos };
}
