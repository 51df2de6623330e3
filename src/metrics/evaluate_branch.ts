/**
 * What a text branch says of the test videos: how well it ranks frames, and which segments of which
 * class it finds.
 */

import { areas, type Result } from "./curve_areas.ts";
import { type DetectionMap, detectionMap } from "./detection_map.ts";
import type { EvalOptions } from "./eval_options.ts";
import type { ScoredVideo } from "./evaluation.ts";
import type { RankCurve } from "./rank_curve.ts";

/**
 * Metrics of the alignment score, 1 - the probability of Normal, and the detection mAP. Nothing
 * where the videos have no class probabilities.
 *
 * @param rank ranks the frames of all videos by other scores, [T] for each video
 */
export function evaluateBranch(
  videos: ScoredVideo[],
  { spread = "snippets", frames_per_snippet: perSnippet = 16, classes = [] }: EvalOptions,
  rank: (scores: Float32Array[]) => RankCurve,
): { results: Result[]; detection?: DetectionMap } {
  if (!videos.every(({ probabilities }) => probabilities)) return { results: [] };
  const curve = rank(videos.map(alignmentScores));
  const results = areas("align_", curve, "in the test videos");
  if (spread !== "snippets") {
    const reason = "detections are counted in snippets, not in segments";
    for (const name of ["map_official", "map_fixed"]) results.push({ name, value: null, reason });
    return { results };
  }
  const detection = detectionMap(
    videos.map(({ id, probabilities, segments = [] }) => ({
      id,
      probabilities: probabilities!,
      segments,
    })),
    classes,
    perSnippet,
  );
  const { map_official: official, map_fixed: fixed } = detection;
  results.push(
    { name: "map_official", value: official.average, reason: "" },
    {
      name: "map_fixed",
      value: fixed?.average ?? null,
      reason: "no anomalous class has an annotated segment",
    },
  );
  return { results, detection };
}

/** [T], 1 - the probability of class 0. */
function alignmentScores({ scores, probabilities }: ScoredVideo): Float32Array {
  const classes = probabilities!.length / scores.length;
  return Float32Array.from(scores, (_, t) => 1 - probabilities![t * classes]);
}
