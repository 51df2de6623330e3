/** A run as a trainer would report it, made up: deterministic, without a model. */

import type { Evaluation, ScoredVideo } from "../../src/eval/evaluation.ts";

/** mulberry32: enough for a made-up run. */
export function fakeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const CLASSES = [
  ...["Abuse", "Arrest", "Arson", "Assault", "Burglary", "Explosion", "Fighting"],
  ...["RoadAccidents", "Robbery", "Shooting", "Shoplifting", "Stealing", "Vandalism"],
];

/** Test videos with noisy scores; every seventh anomalous one is missed, some normal ones alarm. */
export function fakeVideos(count: number, seed = 1): ScoredVideo[] {
  const random = fakeRandom(seed);
  return Array.from({ length: count }, (_, v) => {
    const anomalous = v % 2 === 1;
    const className = anomalous ? CLASSES[Math.floor(random() * CLASSES.length)] : "Normal";
    // 20 to 400 snippets, and a few very long ones.
    const snippets = v % 29 === 4 ? 6750 : 20 + Math.floor(380 * random() ** 2);
    const frames = snippets * 16 - Math.floor(random() * 16);
    const start = Math.floor(frames * (0.1 + 0.5 * random()));
    const groundTruth = anomalous
      ? [{ start, end: Math.min(frames, start + 60 + Math.floor(frames * 0.2 * random())) }]
      : [];
    const missed = v % 14 === 3;
    let drift = 0;
    const scores = Float32Array.from({ length: snippets }, (_, t) => {
      drift = 0.9 * drift + 0.4 * (random() - 0.5);
      const inside = groundTruth.some((g) => (t + 1) * 16 > g.start && t * 16 < g.end);
      const level = inside && !missed ? 2.2 : random() < 0.01 ? 1 : -2.6;
      return 1 / (1 + Math.exp(-(level + 2.5 * drift)));
    });
    const number = String(v + 1).padStart(3, "0");
    const id = anomalous ? `${className}${number}_x264` : `Normal_Videos_${number}_x264`;
    return { id, className, anomalous, scores, frames, groundTruth };
  });
}

/** ROC and PR curve of the videos by brute force over snippets, the rest made up. */
export function fakeEvaluation(videos: ScoredVideo[]): Evaluation {
  const snippets = videos.flatMap((video) =>
    Array.from(video.scores, (score, t) => ({
      score,
      positive: video.groundTruth.some((g) => t * 16 + 8 >= g.start && t * 16 + 8 < g.end),
    }))
  ).sort((a, b) => b.score - a.score);
  const positives = snippets.filter((snippet) => snippet.positive).length;
  const roc = { x: [0], y: [0] };
  const pr = { x: [0], y: [1] };
  let hits = 0;
  let area = 0;
  snippets.forEach(({ positive }, i) => {
    hits += positive ? 1 : 0;
    if (!positive) area += hits / positives / (snippets.length - positives);
    roc.x.push((i + 1 - hits) / (snippets.length - positives));
    roc.y.push(hits / positives);
    pr.x.push(hits / positives);
    pr.y.push(hits / (i + 1));
  });
  return {
    metrics: {
      roc_auc: area,
      pr_auc: 0.6127,
      ap: 0.6119,
      abnormal_auc: 0.8012,
      abnormal_pr_auc: 0.6302,
      abnormal_ap: 0.6298,
      far_normal: 0.0193,
      video_acc: null,
    },
    reasons: { video_acc: "the head's scores are unbounded, a fixed threshold means nothing" },
    classes: CLASSES.map((className, c) => ({
      className,
      videos: videos.filter((video) => video.className === className).length,
      withNormal: c === 3 ? null : 0.62 + 0.36 * ((c * 7) % 13) / 13,
      only: c === 3 ? null : 0.5 + 0.45 * ((c * 5) % 13) / 13,
    })),
    alignment: { frames: 1111808, cut: 1952, extended: 0, suspicious: [] },
    roc,
    pr: { x: pr.x.reverse(), y: pr.y.reverse() },
  };
}
