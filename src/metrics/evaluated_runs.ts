/** Scored videos as every metric over frames takes them: smoothed, spread and aligned. */

import type { EvalOptions } from "./eval_options.ts";
import type { ScoredVideo } from "./evaluation.ts";
import { type FrameRuns, frameRuns } from "./frame_scores.ts";
import { smoothingText, smoothScores } from "./smooth_scores.ts";

/** The videos after `eval.smooth`; themselves where nothing is smoothed. */
export function smoothedVideos(given: ScoredVideo[], { smooth }: EvalOptions): ScoredVideo[] {
  if (smoothingText(smooth) === null) return given;
  return given.map((video) => ({ ...video, scores: smoothScores(video.scores, smooth!) }));
}

/**
 * The frames of each video as runs of one score.
 *
 * @throws {RangeError} what `frameRuns` refuses
 */
export function evaluatedRuns(
  videos: ScoredVideo[],
  { align = "cut", spread = "snippets", frames_per_snippet: framesPerSnippet = 16 }: EvalOptions,
): FrameRuns[] {
  return videos.map((video) => frameRuns(video, { align, spread, framesPerSnippet }));
}
