/** The scores of one video, as files and curves show them. */

import { snippetBounds } from "../../src/frames/frame_bounds.ts";
import type { VideoScores } from "../../src/report/score_files.ts";
import { relativeThreshold, topSegments } from "../../src/report/top_segments.ts";

export function scored(scores: Float32Array, changes: Partial<VideoScores> = {}): VideoScores {
  const { frames = 16 * scores.length } = changes;
  const bounds = snippetBounds(scores.length, 16, frames);
  return {
    id: "Arson011_x264",
    scores,
    bounds,
    frames,
    fps: 30,
    threshold: relativeThreshold(scores),
    segments: topSegments(scores, { count: 3, fps: 30, framesPerSnippet: 16, bounds }),
    provenance: { runner: "mil", checkpoint: "best.safetensors" },
    ...changes,
  };
}
