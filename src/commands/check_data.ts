/**
 * `wsvad data check`: whether the configured data are what they should be, before days of training.
 */

import type { DataConfig } from "../config/schema/data.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { sidesOf } from "../data/batches.ts";
import { expectedOf, expectedSizes } from "../data/feature_sizes.ts";
import { inspectFeatures, type KnownShapes, middleOf } from "../data/feature_file.ts";
import type { VideoFiles } from "../data/feature_folder.ts";
import { someOf } from "../data/feature_list.ts";
import { type Fingerprint, sentenceOf } from "../data/known_features.ts";
import { openDataset } from "../data/open_dataset.ts";
import { findSplit, type Split } from "../data/split_files.ts";
import type { TestVideo } from "../data/video.ts";
import { classesOfVideo } from "../data/video_classes.ts";
import { heldOut } from "../data/held_out.ts";
import { fault, isFault } from "../fault.ts";
import { openFeatures } from "../io/features/open_features.ts";
import type { Tell } from "../progress.ts";
import { dataSets } from "../sets/index.ts";

/** What was found of a split. */
export interface SplitReport {
  videos: number;
  /** Null where names and lists do not tell the class of every video. */
  abnormal: number | null;
  /** What the official lists hold; null for own data. */
  official: { videos: number; abnormal: number } | null;
  /** Crops that videos have, and how many have them. */
  crops: Record<number, number>;
  /** Snippets of the shortest, the middle and the longest video. */
  snippets: [number, number, number];
  fingerprint: Fingerprint;
}

/** How many test videos fit each rule by which snippets lie over frames. */
export interface GridReport {
  /** Videos whose frame count is known. */
  known: number;
  ceil: number;
  floor: number;
  frames: number;
  abnormalFrames: number;
}

export interface DataReport {
  set: string;
  train: SplitReport | null;
  test: SplitReport | null;
  grid: GridReport | null;
  /** The rule that made the ground truth. */
  groundTruthRule: string | null;
  /** Which known set the features look like, and what they are good for. */
  features: string | null;
  /** What keeps a training from starting, or makes its figures wrong. */
  problems: string[];
  warnings: string[];
  notes: string[];
}

/** Files that are sampled in each split, and rows of each. */
const SAMPLED_FILES = 24, SAMPLED_ROWS = 64;
/** Problems of single files that are told in full. */
const SHOWN = 5;

/**
 * Looks at all headers, and at a sample of the values. What is wrong is gathered, and does not stop
 * the look at the rest.
 *
 * @throws {RangeError} a fault: synthetic data, of which nothing is to be checked
 */
export async function checkData(
  { data, eval: evaluation }: ResolvedConfig,
  tell?: Tell,
): Promise<DataReport> {
  if (data.source === "synthetic") {
    throw fault(
      RangeError,
      "Cannot check synthetic data; name a data set: data=features data.root=FOLDER",
    );
  }
  const set = dataSets[data.classes];
  const report: DataReport = {
    set: set.title,
    train: null,
    test: null,
    grid: null,
    groundTruthRule: null,
    features: null,
    problems: [],
    warnings: [],
    notes: [],
  };
  const lengths = new Map<string, number>();
  const shapes: KnownShapes = new Map();
  for (const split of ["train", "test"] as const) {
    if (data[split] === null) continue;
    report[split] = await gather(
      report,
      () => checkSplit(data, split, report, { lengths, shapes, tell }),
    );
  }
  const print = report.train?.fingerprint ?? report.test?.fingerprint;
  if (print !== undefined) report.features = sentenceOf(print);
  const dataset = await gather(report, () => openDataset(data, { evaluation, shapes, tell }));
  if (dataset === null) return report;
  if (data.train !== null) {
    await gather(report, async () => {
      const { train } = await heldOut(dataset.train, data.val, data.root);
      return sidesOf(train, data.batch_size);
    });
  }
  report.warnings = dataset.warnings;
  report.groundTruthRule = dataset.groundTruthRule;
  report.grid = gridOf(dataset.test, lengths, evaluation.frames_per_snippet);
  return report;
}

/** The result, or null and one problem more where it is a fault that was not told before. */
async function gather<T>({ problems }: DataReport, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!isFault(error)) throw error;
    if (!problems.includes(error.message)) problems.push(error.message);
    return null;
  }
}

async function checkSplit(
  config: DataConfig,
  split: Split,
  report: DataReport,
  { lengths, shapes, tell }: { lengths: Map<string, number>; shapes: KnownShapes; tell?: Tell },
): Promise<SplitReport | null> {
  const { problems, notes } = report;
  const videos = await findSplit(config, split, notes);
  const set = dataSets[config.classes];
  const official = set.splits?.[split] ?? null;
  let abnormal: number | null = 0;
  const byCrops = new Map<number, string[]>();
  const snippets: number[] = [];
  const refused: string[] = [];
  const sampled: VideoFiles[] = [];
  const expected = expectedOf(config, split, expectedSizes(config, {}));
  for (const [done, video] of videos.entries()) {
    tell?.("reading headers: video", done, videos.length);
    try {
      const axes = await inspectFeatures(video.files, expected, shapes);
      const same = byCrops.get(axes.crops);
      if (same === undefined) byCrops.set(axes.crops, [video.id]);
      else same.push(video.id);
      snippets.push(axes.snippets);
      if (split === "test") lengths.set(video.id, axes.snippets);
      sampled.push(video);
    } catch (error) {
      if (!isFault(error)) throw error;
      refused.push(error.message);
    }
    if (abnormal !== null) abnormal = countAbnormal(config, split, video, abnormal);
  }
  if (refused.length > 0) {
    const more = refused.length > SHOWN ? `; and ${refused.length - SHOWN} more` : "";
    problems.push(
      `${refused.length} of ${videos.length} ${split} videos cannot be read: ${
        refused.slice(0, SHOWN).join("; ")
      }${more}`,
    );
  }
  if (official !== null) tellCounts(report, split, videos.length, abnormal, official);
  if (sampled.length === 0) return null;
  snippets.sort((a, b) => a - b);
  const [, ...others] = [...byCrops].sort(([, a], [, b]) => b.length - a.length);
  for (const [crops, ids] of others) {
    problems.push(
      `${ids.length} of ${videos.length} ${split} videos have ${crops} crops, others not: ${
        someOf(ids)
      }`,
    );
  }
  return {
    videos: videos.length,
    abnormal,
    official,
    crops: Object.fromEntries([...byCrops].map(([crops, ids]) => [crops, ids.length])),
    snippets: [snippets[0], snippets[snippets.length >> 1], snippets[snippets.length - 1]],
    fingerprint: await fingerprintOf(sampled, config.dim),
  };
}

function countAbnormal(
  config: DataConfig,
  split: Split,
  video: VideoFiles,
  sum: number,
): number | null {
  try {
    const [classId] = classesOfVideo(config, split, video);
    return sum + Number(classId > 0);
  } catch {
    return null; // openDataset says which, with the annotations at hand
  }
}

function tellCounts(
  { problems, set }: DataReport,
  split: Split,
  videos: number,
  abnormal: number | null,
  official: { videos: number; abnormal: number },
): void {
  const found = abnormal === null ? `${videos} videos` : `${videos} videos, ${abnormal} abnormal`;
  if (videos === official.videos && (abnormal === null || abnormal === official.abnormal)) return;
  problems.push(
    `${split} has ${found}; ${set} has ${official.videos}, ${official.abnormal} abnormal: figures on other videos cannot be compared with published ones`,
  );
}

async function fingerprintOf(videos: VideoFiles[], dim: number | null): Promise<Fingerprint> {
  const count = Math.min(SAMPLED_FILES, videos.length);
  let norms = 0, rows = 0, zeros = 0, width = 0;
  for (let i = 0; i < count; i++) {
    const file = await openFeatures(videos[Math.floor(i * videos.length / count)].files[0]);
    const stored = file.shape[file.shape.length - 1];
    // A channel of magnitudes is no feature.
    width = dim !== null && stored === dim + 1 ? dim : stored;
    const values = await middleOf(file, SAMPLED_ROWS);
    for (let row = 0; row < values.length; row += stored, rows++) {
      let squares = 0;
      for (let d = row; d < row + width; d++) {
        squares += values[d] ** 2;
        zeros += Number(values[d] === 0);
      }
      norms += Math.sqrt(squares);
    }
  }
  return { dim: width, norm: norms / rows, zeros: zeros / (rows * width) };
}

function gridOf(
  test: readonly TestVideo[],
  lengths: ReadonlyMap<string, number>,
  perSnippet: number,
): GridReport | null {
  if (test.length === 0) return null;
  const grid: GridReport = { known: 0, ceil: 0, floor: 0, frames: 0, abnormalFrames: 0 };
  for (const video of test) {
    const T = lengths.get(video.id);
    if (T === undefined) continue;
    grid.frames += video.groundTruthFrames(T);
    for (const { start, end } of video.groundTruth(T)) grid.abnormalFrames += end - start;
    if (video.videoFrames === undefined) continue;
    grid.known++;
    grid.ceil += Number(T === Math.ceil(video.videoFrames / perSnippet));
    grid.floor += Number(T === Math.floor(video.videoFrames / perSnippet));
  }
  return grid;
}
