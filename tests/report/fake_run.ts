/** A run as a trainer would report it, made up: deterministic, without a model. */

import type { Evaluation, ScoredVideo } from "../../src/metrics/evaluation.ts";
import type { LogLine } from "../../src/run_folder/log.ts";
import { operatingChoice } from "../../src/metrics/choose_threshold.ts";
import type { RunReport } from "../../src/report/run_facts.ts";

/** mulberry32: enough for a made-up run. */
function fakeRandom(seed: number): () => number {
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
function fakeEvaluation(videos: ScoredVideo[]): Evaluation {
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
    alignment: {
      frames: 1111808,
      cut: 1952,
      extended: 0,
      events: 156,
      events_cut: 0,
      anomalous_cut: 0,
      suspicious: [],
    },
    roc,
    pr: { x: pr.x.reverse(), y: pr.y.reverse() },
  };
}

/** The log of 1000 steps with 12 evaluations. */
function fakeLog(seed = 2): LogLine[] {
  const random = fakeRandom(seed);
  const log: LogLine[] = [];
  for (let step = 10; step <= 1000; step += 10) {
    const decay = Math.exp(-step / 250);
    const terms = {
      ranking: 14 * decay + 3 + random(),
      smoothness: 40 * (1 - decay) + 10 * random(),
      sparsity: 200 * decay + 20 * random(),
      l2: 45 + 5 * decay,
    };
    const loss = terms.ranking + 8e-5 * (terms.smoothness + terms.sparsity) + 0.001 * terms.l2;
    log.push({ kind: "step", step, epoch: 0, loss, terms, lr: 1e-3, seconds: 0.1 });
    if (step % 80 === 0 || step === 1000) {
      const roc = 0.95 - 0.42 * decay + 0.02 * (random() - 0.5);
      log.push({
        kind: "eval",
        step,
        epoch: 0,
        best: false,
        seconds: 1.5,
        metrics: { roc_auc: roc, pr_auc: roc - 0.31, ap: roc - 0.312, video_acc: null },
      });
    }
  }
  return log;
}

/** A whole run: `count` test videos, 1000 steps. */
export function fakeReport(count: number): RunReport {
  const videos = fakeVideos(count);
  return {
    tool: { name: "wsvad", version: "0.1.0" },
    created: new Date("2025-03-02T14:05:00Z"),
    runner: {
      name: "mil",
      paper:
        "Sultani, Chen and Shah: Real-world Anomaly Detection in Surveillance Videos. CVPR 2018",
    },
    data: {
      name: "synthetic",
      provenance: "synthetic seed 0, 80 training and 60 test videos, 10 crops, D = 128",
      groundTruthRule: "synthetic: exact frames",
    },
    rules: {
      crop: "mean of the scores over all crops, inside the model",
      selection: "best roc_auc on the test set",
      spread: "snippets: each score repeated 16 times",
      align: "cut: the shorter of scores and ground truth",
      smooth: "none",
    },
    device: {
      kind: "cpu",
      blas: "libopenblas.so.0 0.3.21, 2 threads",
      float16: false,
      driver: null,
    },
    seed: 0,
    parameters: 1065537,
    steps: 1000,
    seconds: 71.4,
    fps: 30,
    spread: "snippets",
    framesPerSnippet: 16,
    farThreshold: 0.5,
    unboundedScores: false,
    evaluation: fakeEvaluation(videos),
    intervals: { roc_auc: { low: 0.91234, high: 0.95 } },
    operating: operatingChoice(videos, {}, 30),
    videos,
    best: { step: 880, metric: "roc_auc" },
    last: { step: 1000, metrics: { roc_auc: 0.9312, pr_auc: 0.6021, ap: 0.6007 } },
    late: { mean: 0.9288, std: 0.0061, n: 6 },
    log: fakeLog(),
    termWeights: { ranking: 1, smoothness: 8e-5, sparsity: 8e-5, l2: 0.001 },
    unfinished: null,
    warnings: [
      "The kept weights are chosen on the test set: the published protocol, and optimistic. Compare last and late half.",
      "1 class has no test video with ground truth: Assault",
    ],
    config: [
      "data:",
      "  source: synthetic",
      "  batch_size: 16",
      "runner:",
      "  name: mil",
      "  loss:",
      "    - { name: ranking, weight: 1 }",
      "",
    ].join("\n"),
  };
}
