import type { Video } from "../data/video.ts";
import { videoAuc } from "../metrics/video_auc.ts";
import type { Model } from "../model/assemble.ts";
import { scoresOf, type ScoringOfVideos } from "./score_videos.ts";

/** ROC-AUC over held-out training videos, by their labels and highest scores. */
export async function heldOutAuc(
  model: Model,
  videos: Video[],
  options: Pick<ScoringOfVideos<Video>, "scoring" | "random" | "waitingBytes">,
): Promise<number | null> {
  const scored: { anomalous: boolean; scores: Float32Array }[] = [];
  const found = scoresOf(model, videos, {
    ...options,
    load: (video) => video.load(),
    bytesOf: ({ bytes = 0 }) => bytes,
  });
  for await (const { video: { anomalous }, scores } of found) scored.push({ anomalous, scores });
  return videoAuc(scored);
}
