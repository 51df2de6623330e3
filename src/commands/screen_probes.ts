/**
 * Linear probes of `wsvad data screen`: some snippets of each video, and the scores of those that a
 * probe has not seen.
 */

import type { Video } from "../data/video.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import { fitPlane, planeScore, type ProbeRows } from "../metrics/linear_probe.ts";
import { intervalsOf } from "../sets/ground_truth.ts";

/** Groups of videos, of which each is left out once. */
export const FOLDS = 5;

/** The group of each video: both kinds are dealt out in turn. */
function foldsOf(videos: readonly Video[]): Int32Array {
  const dealt = [0, 0];
  return Int32Array.from(videos, ({ anomalous }) => dealt[Number(anomalous)]++ % FOLDS);
}

/** Some snippets of every video, evenly over it, half of them abnormal where there are so many. */
export class RowStore {
  readonly #values: Float32Array;
  readonly #labels: number[] = [];
  readonly #groups: number[] = [];
  readonly #quota: number;
  readonly #folds: Int32Array;

  constructor(most: number, readonly dim: number, readonly videos: readonly Video[]) {
    this.#quota = Math.max(1, Math.floor(most / videos.length));
    this.#values = new Float32Array(this.#quota * videos.length * dim);
    this.#folds = foldsOf(videos);
  }

  /** @param labels of its snippets, at least as many as there are */
  add(video: number, mean: Float32Array, labels: Uint8Array): void {
    const T = mean.length / this.dim;
    const of = (label: number) =>
      Array.from({ length: T }, (_, t) => t).filter((t) => labels[t] === label);
    const [normal, abnormal] = [of(0), of(1)];
    const half = Math.ceil(this.#quota / 2);
    const share = Math.min(abnormal.length, Math.max(half, this.#quota - normal.length));
    for (const t of [...spread(normal, this.#quota - share), ...spread(abnormal, share)]) {
      this.#values.set(
        mean.subarray(t * this.dim, (t + 1) * this.dim),
        this.#labels.length * this.dim,
      );
      this.#labels.push(labels[t]);
      this.#groups.push(this.#folds[video] + FOLDS * video);
    }
  }

  taken(): ProbeRows {
    return {
      values: this.#values.subarray(0, this.#labels.length * this.dim),
      dim: this.dim,
      labels: Uint8Array.from(this.#labels),
      groups: Int32Array.from(this.#groups),
    };
  }
}

/** At most so many of them, evenly. */
function spread(places: readonly number[], most: number): number[] {
  const count = Math.min(most, places.length);
  return Array.from({ length: count }, (_, i) => places[Math.floor(i * places.length / count)]);
}

/**
 * The scores of rows by five probes, each on the videos that it has not seen, as videos of one
 * frame a row.
 */
export function frameProbe(rows: ProbeRows, videos: readonly Video[]): ScoredVideo[] {
  return videosOf(rows, videos).map(({ video, scores, labels }) => ({
    ...{ id: video.id, className: video.className, anomalous: video.anomalous, scores },
    frames: scores.length,
    groundTruth: intervalsOf(labels),
  }));
}

/** The same of whole videos, by the mean score of their rows, as videos of one frame. */
export function videoProbeOf(rows: ProbeRows, videos: readonly Video[]): ScoredVideo[] {
  return videosOf(rows, videos).map(({ video: { id, className, anomalous }, scores }) => ({
    ...{ id, className, anomalous, frames: 1 },
    scores: Float32Array.of(scores.reduce((sum, score) => sum + score, 0) / scores.length),
    groundTruth: anomalous ? [{ start: 0, end: 1 }] : [],
  }));
}

/** Scores by the probe that has not seen the video; none where it would have seen one kind. */
function videosOf(rows: ProbeRows, videos: readonly Video[]) {
  const byVideo = new Map<number, { scores: number[]; labels: number[] }>();
  for (let fold = 0; fold < FOLDS; fold++) {
    if (!bothKinds(rows, (group) => group % FOLDS !== fold)) continue;
    const plane = fitPlane(rows, FOLDS, fold);
    for (const r of placesOf(rows, (group) => group % FOLDS === fold)) {
      const video = Math.floor(rows.groups[r] / FOLDS);
      const found = byVideo.get(video) ?? { scores: [], labels: [] };
      found.scores.push(planeScore(plane, rows.values, r * rows.dim));
      found.labels.push(rows.labels[r]);
      byVideo.set(video, found);
    }
  }
  return [...byVideo].sort(([a], [b]) => a - b).map(([v, { scores, labels }]) => ({
    video: videos[v],
    scores: Float32Array.from(scores),
    labels,
  }));
}

function placesOf({ groups }: ProbeRows, chosen: (group: number) => boolean): number[] {
  return [...groups.keys()].filter((r) => chosen(groups[r]));
}

function bothKinds(rows: ProbeRows, chosen: (group: number) => boolean): boolean {
  const kinds = new Set(placesOf(rows, chosen).map((r) => rows.labels[r]));
  return kinds.size === 2;
}
