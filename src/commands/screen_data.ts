/**
 * `wsvad data screen`: do features tell anomalies from the rest, before days of training? Three
 * rankings of test snippets without any training (magnitude, distance from what is normal, a linear
 * probe on frame labels), and a probe on what training sees, the labels of videos.
 *
 * Source of the first three: jinmang2/wsad, scripts/diag/feature_forensics.py. None of them sees
 * time, so none bounds what a method can reach: on UCF-Crime's I3D features of MGFN that project
 * measured 0.45 by magnitude and 0.51 by the probe, and trained RTFM and MGFN to 0.83.
 */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { openDataset } from "../data/open_dataset.ts";
import type { TestVideo, Video, VideoFeatures } from "../data/video.ts";
import { fault } from "../fault.ts";
import { bootstrapIntervals } from "../metrics/bootstrap.ts";
import type { EvalOptions } from "../metrics/eval_options.ts";
import { evaluatedRuns } from "../metrics/evaluated_runs.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import type { FrameRuns } from "../metrics/frame_scores.ts";
import { fitPlane, type Plane, planeScore, type ProbeRows } from "../metrics/linear_probe.ts";
import { rankCurve, rocAuc } from "../metrics/rank_curve.ts";
import { type Progress, silent } from "../progress.ts";
import { intervalsOf } from "../sets/ground_truth.ts";

/** An area under the ROC curve, and its 95 % interval over videos. */
export interface ScreenedAuc {
  auc: number;
  low: number;
  high: number;
}

export interface ScreenReport {
  /** What was screened, as one line. */
  features: string;
  videos: { train: number; test: number };
  snippets: number;
  /** Over test frames: the mean L2 norm of a snippet's crops. */
  magnitude: ScreenedAuc | null;
  /** Over test frames: the distance from the mean snippet of normal test videos. */
  content: ScreenedAuc | null;
  /** Over test snippets: five probes on frame labels, each on the videos it has not seen. */
  probe: ScreenedAuc | null;
  /** Over training videos: five probes on video labels, each on the videos it has not seen. */
  videoProbe: ScreenedAuc | null;
  /** Over test frames: a probe on the labels of all training videos. */
  weakProbe: ScreenedAuc | null;
  /** Whether any of them is away from chance. */
  signal: boolean;
  verdict: string;
  warnings: string[];
}

export interface ScreenOptions {
  progress?: Progress;
  /** Bytes of the rows that a probe is fitted on. */
  rowBytes?: number;
}

/** Groups of videos, of which each is left out once. */
const FOLDS = 5;
const ROW_BYTES = 6.4e7;
const RESAMPLES = 1000;
/**
 * An area counts as no chance where it is so many times as far from 0.5 as its interval reaches,
 * and at least so far: with five areas 95 % is too often passed by chance, and the interval of a
 * probe does not count that it was fitted to few videos.
 */
const SURE = 1.5, SURE_OF_PROBE = 2.5, LEAST = 0.03;

/**
 * Reads every test video twice and every training video once, one at a time.
 *
 * @throws fault, as `openDataset`, and where there is nothing to tell apart
 */
export async function screenData(
  config: ResolvedConfig,
  { progress = silent, rowBytes = ROW_BYTES }: ScreenOptions = {},
): Promise<ScreenReport> {
  const { eval: evaluation } = config;
  // As the features are: what recipes do to them comes later. Each is read once or twice.
  const data = { ...config.data, normalize: "none", magnitude: false, pad: false } as const;
  const dataset = await openDataset(
    { ...data, train_crops: "together", cache_mb: 0, reduce: "mean" },
    { evaluation },
  );
  const { train, test, dim } = dataset;
  const kinds = (videos: readonly Video[]) =>
    videos.some(({ anomalous }) => anomalous) && videos.some(({ anomalous }) => !anomalous);
  if (!kinds(train) && !kinds(test)) {
    throw fault(
      Error,
      "Cannot screen the features: neither split has normal and abnormal videos; set data.train or data.test to both",
    );
  }
  progress.start(2 * test.length + train.length, 0, "video");
  let done = 0;
  const read = async (video: Video): Promise<VideoFeatures> => {
    const features = await video.load();
    progress.step({ step: ++done });
    return features;
  };
  const most = Math.max(FOLDS, Math.floor(rowBytes / (4 * dim)));

  let videoProbe: ScreenedAuc | null = null, weak: Plane | null = null;
  if (kinds(train)) {
    const rows = new RowStore(most, dim, train);
    for (const [v, video] of train.entries()) {
      const mean = cropMean(await read(video));
      rows.add(v, mean, Uint8Array.from(mean, () => Number(video.anomalous)));
    }
    progress.note("fitting a linear probe on the labels of training videos");
    videoProbe = areaOf(videoProbeOf(rows.taken(), train), ONE_FRAME);
    weak = fitPlane(rows.taken(), FOLDS, null);
  }

  const ranked: Record<"magnitude" | "content" | "weak", ScoredVideo[]> = {
    magnitude: [],
    content: [],
    weak: [],
  };
  let probe: ScreenedAuc | null = null, snippets = 0;
  if (kinds(test)) {
    const rows = new RowStore(most, dim, test);
    const centre = new Float64Array(dim);
    let normal = 0;
    for (const [v, video] of test.entries()) {
      const features = await read(video);
      const mean = cropMean(features), T = features.snippets;
      rows.add(v, mean, labelsOf(video, T, evaluation.frames_per_snippet));
      snippets += T;
      if (!video.anomalous) {
        normal += T;
        for (let at = 0; at < mean.length; at++) centre[at % dim] += mean[at];
      }
      ranked.magnitude.push(scored(video, magnitudes(features)));
      if (weak === null) continue;
      const scores = Float32Array.from({ length: T }, (_, t) => planeScore(weak, mean, t * dim));
      ranked.weak.push(scored(video, scores));
    }
    for (let d = 0; d < dim; d++) centre[d] /= normal;
    for (const video of test) {
      ranked.content.push(scored(video, distances(cropMean(await read(video)), centre)));
    }
    progress.note("fitting a linear probe on frame labels");
    probe = areaOf(frameProbe(rows.taken(), test), ONE_FRAME);
  }
  const [magnitude, content, weakProbe] = [ranked.magnitude, ranked.content, ranked.weak]
    .map((videos) => areaOf(videos, evaluation));
  progress.stop();
  return {
    features: dataset.provenance,
    videos: { train: train.length, test: test.length },
    snippets,
    magnitude,
    content,
    probe,
    videoProbe,
    weakProbe,
    ...verdictOf({ magnitude, content, probe, videoProbe, weakProbe }),
    warnings: dataset.warnings,
  };
}

/** Scores that stand for one label each. */
const ONE_FRAME: EvalOptions = { frames_per_snippet: 1 };

function scored(video: TestVideo, scores: Float32Array): ScoredVideo {
  const { id, className, anomalous, videoFrames, marked } = video;
  return {
    ...{ id, className, anomalous, videoFrames, marked, scores },
    frames: video.groundTruthFrames(scores.length),
    groundTruth: video.groundTruth(scores.length),
  };
}

/** The area over all frames; null without both kinds of them. */
function areaOf(videos: ScoredVideo[], options: EvalOptions): ScreenedAuc | null {
  if (videos.length === 0) return null;
  const runs = evaluatedRuns(videos, options);
  const flat = (of: (run: FrameRuns) => ArrayLike<number>) =>
    Float64Array.from(runs.flatMap((run) => Array.from(of(run))));
  const auc = rocAuc(rankCurve({
    scores: flat(({ scores }) => scores),
    positives: flat(({ positives }) => positives),
    negatives: flat(({ negatives }) => negatives),
  }));
  if (auc === null) return null;
  const { roc_auc: { low, high } = { low: 0, high: 1 } } = bootstrapIntervals(
    videos,
    { ...options, smooth: undefined },
    RESAMPLES,
  );
  return { auc, low, high };
}

/** The mean of a snippet's crops, [T, D]. */
function cropMean({ crops, snippets, dim, values }: VideoFeatures): Float32Array {
  const size = snippets * dim;
  if (crops === 1) return values;
  const mean = new Float32Array(size);
  for (let n = 0; n < crops; n++) {
    for (let i = 0; i < size; i++) mean[i] += values[n * size + i];
  }
  for (let i = 0; i < size; i++) mean[i] /= crops;
  return mean;
}

/** The mean over crops of a snippet's norm, [T]: as RTFM has it. */
function magnitudes({ crops, snippets, dim, values }: VideoFeatures): Float32Array {
  const norms = new Float32Array(snippets);
  for (let row = 0; row < crops * snippets; row++) {
    let squares = 0;
    for (let d = row * dim; d < (row + 1) * dim; d++) squares += values[d] ** 2;
    norms[row % snippets] += Math.sqrt(squares) / crops;
  }
  return norms;
}

function distances(mean: Float32Array, centre: Float64Array): Float32Array {
  const dim = centre.length;
  return Float32Array.from({ length: mean.length / dim }, (_, t) => {
    let squares = 0;
    for (let d = 0; d < dim; d++) squares += (mean[t * dim + d] - centre[d]) ** 2;
    return Math.sqrt(squares);
  });
}

/** Whether any frame of each snippet is abnormal, [T]. */
function labelsOf(video: TestVideo, snippets: number, framesPerSnippet: number): Uint8Array {
  const labels = new Uint8Array(snippets);
  for (const { start, end } of video.groundTruth(snippets)) {
    labels.fill(
      1,
      Math.floor(start / framesPerSnippet),
      Math.min(snippets, Math.ceil(end / framesPerSnippet)),
    );
  }
  return labels;
}

/** The group of each video: both kinds are dealt out in turn. */
function foldsOf(videos: readonly Video[]): Int32Array {
  const dealt = [0, 0];
  return Int32Array.from(videos, ({ anomalous }) => dealt[Number(anomalous)]++ % FOLDS);
}

/** Some snippets of every video, evenly over it, half of them abnormal where there are so many. */
class RowStore {
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
function frameProbe(rows: ProbeRows, videos: readonly Video[]): ScoredVideo[] {
  return videosOf(rows, videos).map(({ video, scores, labels }) => ({
    ...{ id: video.id, className: video.className, anomalous: video.anomalous, scores },
    frames: scores.length,
    groundTruth: intervalsOf(labels),
  }));
}

/** The same of whole videos, by the mean score of their rows, as videos of one frame. */
function videoProbeOf(rows: ProbeRows, videos: readonly Video[]): ScoredVideo[] {
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

type Areas = Pick<
  ScreenReport,
  "magnitude" | "content" | "probe" | "videoProbe" | "weakProbe"
>;

const NAMES: Record<keyof Areas, string> = {
  magnitude: "magnitude",
  content: "distance from normal",
  probe: "the probe on frame labels",
  videoProbe: "the probe on video labels",
  weakProbe: "the probe on training videos",
};

function verdictOf(areas: Areas): Pick<ScreenReport, "signal" | "verdict"> {
  const told = (Object.keys(NAMES) as (keyof Areas)[]).filter((key) => {
    const found = areas[key];
    if (found === null) return false;
    // An inverted ranking is one, too; a probe below chance on videos it has not seen is chance.
    const above = found.auc > 0.5, fitted = /probe/i.test(key);
    if (!above && fitted) return false;
    const reach = above ? found.auc - found.low : found.high - found.auc;
    return Math.abs(found.auc - 0.5) > Math.max(LEAST, (fitted ? SURE_OF_PROBE : SURE) * reach);
  });
  if (told.length === 0) {
    return {
      signal: false,
      verdict:
        "no signal was found: each of these is what chance gives, so a method that works must " +
        "find what no single snippet shows; look at the features (wsvad data check) and train for " +
        "some hundred steps before days",
    };
  }
  const best = told.reduce((a, b) =>
    Math.abs(areas[a]!.auc - 0.5) >= Math.abs(areas[b]!.auc - 0.5) ? a : b
  );
  return {
    signal: true,
    verdict: `the features can work: ${told.map((key) => NAMES[key]).join(", ")} ${
      told.length === 1 ? "tells" : "tell"
    } anomalies from the rest (best: ${NAMES[best]}, ${
      areas[best]!.auc.toFixed(3)
    }); sets are ranked by this, what a method reaches is seen by training`,
  };
}
