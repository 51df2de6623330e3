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
import { type Progress, silent, tellSlow } from "../progress.ts";
import { FOLDS, frameProbe, RowStore, videoProbeOf } from "./screen_probes.ts";
import { type ScreenedAuc, type ScreenReport, verdictOf } from "./screen_report.ts";

export interface ScreenOptions {
  progress?: Progress;
  /** Bytes of the rows that a probe is fitted on. */
  rowBytes?: number;
}

const ROW_BYTES = 6.4e7;
const RESAMPLES = 1000;

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
    { evaluation, tell: tellSlow(progress) },
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
  const total = Number(kinds(train)) * train.length + 2 * Number(kinds(test)) * test.length;
  progress.start(total, 0, "video");
  let done = 0;
  const read = async (video: Video): Promise<VideoFeatures> => {
    const features = await video.load();
    progress.step({ step: ++done });
    return features;
  };
  const rowsOf = (videos: Video[]) =>
    new RowStore(Math.max(FOLDS, Math.floor(rowBytes / (4 * dim))), dim, videos);

  let videoProbe: ScreenedAuc | null = null, weak: Plane | null = null;
  if (kinds(train)) {
    const rows = await trainingRows(train, rowsOf(train), read);
    progress.note("fitting a linear probe on the labels of training videos");
    videoProbe = areaOf(videoProbeOf(rows, train), ONE_FRAME);
    weak = fitPlane(rows, FOLDS, null);
  }
  let probe: ScreenedAuc | null = null, snippets = 0;
  let ranked: Ranked = { magnitude: [], content: [], weak: [] };
  if (kinds(test)) {
    const rows = rowsOf(test);
    ({ ranked, snippets } = await rankTest(test, { rows, weak, read, evaluation }));
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

type Read = (video: Video) => Promise<VideoFeatures>;

/** Some snippets of each training video, with the label of the video. */
async function trainingRows(train: Video[], rows: RowStore, read: Read): Promise<ProbeRows> {
  for (const [v, video] of train.entries()) {
    const mean = cropMean(await read(video));
    rows.add(v, mean, Uint8Array.from(mean, () => Number(video.anomalous)));
  }
  return rows.taken();
}

/** Test videos with the scores of each ranking; of the weak probe none without one. */
type Ranked = Record<"magnitude" | "content" | "weak", ScoredVideo[]>;

/**
 * Ranks the snippets of test videos, which are read twice: what is normal is known after the first.
 *
 * @param rows gets some snippets of each, with frame labels
 * @param weak the probe on training videos
 */
async function rankTest(
  test: TestVideo[],
  { rows, weak, read, evaluation }: {
    rows: RowStore;
    weak: Plane | null;
    read: Read;
    evaluation: ResolvedConfig["eval"];
  },
): Promise<{ ranked: Ranked; snippets: number }> {
  const { dim } = rows, centre = new Float64Array(dim);
  const ranked: Ranked = { magnitude: [], content: [], weak: [] };
  let snippets = 0, normal = 0;
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
  return { ranked, snippets };
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
    { resamples: RESAMPLES },
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
