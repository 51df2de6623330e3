/**
 * What the rest of the tool knows of data: videos with features, labels and frame ground truth.
 * Axis letters: B videos, N crops, T snippets, D features.
 */

import type { Random } from "../random.ts";
import type { FrameInterval, LabelledSegment } from "../frames/interval.ts";
import type { StatedProvenance } from "./stated_provenance.ts";

/**
 * The features of one video in memory: `values[(n * snippets + t) * dim + d]`, that is [N, T, D].
 */
export interface VideoFeatures {
  crops: number;
  snippets: number;
  dim: number;
  values: Float32Array;
  /** Snippets that hold data; the rest is padding. Equal to `snippets` unless padded. */
  length: number;
}

/** Snippets [from, to) of one crop, or of all; all snippets where absent. */
export interface FeaturePart {
  crop?: number;
  from?: number;
  to?: number;
}

/** Sizes of a video whose values are still on the disk. */
export interface FeatureParts {
  crops: number;
  snippets: number;
  /** As the model gets them, a magnitude channel included. */
  dim: number;
  /**
   * The values at some places, prepared as those of a whole video.
   *
   * @throws as `readFeatures`
   */
  read(part: FeaturePart): Promise<VideoFeatures>;
}

/**
 * One video of a split. `load` reads its features as the configuration asks (pooled, normalised,
 * ...).
 */
export interface Video {
  /**
   * As in the official lists: `Abuse028_x264`; `Abuse028_x264__3` where crop 3 is a sample of its
   * own.
   */
  id: string;
  className: string;
  classId: number;
  /** Further classes of a video that shows several (XD-Violence). */
  otherClassIds?: number[];
  /** The video label: the only label that training sees. */
  anomalous: boolean;
  /** Bytes of the values that `load` gives; absent where they take no memory of their own. */
  bytes?: number;
  /**
   * The values may be kept for later calls: whoever changes them, copies them first.
   *
   * @param random draws the rows of a training video with `data.reduce: random`; absent: those of
   *     `sample`
   */
  load(random?: Random): Promise<VideoFeatures>;
  /**
   * Samples of one crop each: training then takes one of them in each pass, and not the video
   * itself.
   */
  crops?: Video[];
}

/**
 * A test video: its frame ground truth is given as intervals, so that 1.1 million frames cost
 * nothing.
 */
export interface TestVideo extends Video {
  /**
   * Its features as they are to be read, where they are many and not kept; null where `load` is to
   * be asked.
   */
  inParts?(): Promise<FeatureParts | null>;
  /** Frames of the video itself, where the annotation tells: `eval.spread: segments` needs it. */
  videoFrames?: number;
  /** Frames covered by the ground truth of a video with T snippets. */
  groundTruthFrames(snippets: number): number;
  /** Anomalous frames, sorted, disjoint, clipped to the covered frames. */
  groundTruth(snippets: number): FrameInterval[];
  /** Its events by the ground-truth rule, not clipped to the features. */
  marked: FrameInterval[];
  /** Its segments as the detection mAP counts them: each event, and the whole of a normal video. */
  segments?(snippets: number): LabelledSegment[];
}

/** Where the features of a split come from: said of them, and measured. */
export interface SplitProvenance {
  /** What the set says of itself; null where it says nothing. */
  stated: StatedProvenance | null;
  /** Name of a known feature set that they look like. */
  lineage: string | null;
  dim: number;
  /** Mean L2 norm of a snippet, from a few rows of a few files. */
  norm: number;
  /** Of the shapes and values of those rows: the same files give the same. */
  sample_sha256: string;
}

/** Of both splits; null where a split has no videos. */
export interface FeatureSources {
  train: SplitProvenance | null;
  test: SplitProvenance | null;
}

/** A data set as configured. Features of different provenance are never mixed in one of these. */
export interface Dataset {
  name: string;
  /**
   * Where the features come from, as one line for reports: "synthetic seed 0",
   * "folder /x, 1610 files".
   */
  provenance: string;
  /** The same in parts; null of videos that are generated. */
  features: FeatureSources | null;
  /** The rule that made the frame ground truth, by its name in data.ground_truth_rule. */
  groundTruthRule: string;
  /** Class names by class id; 0 is Normal. */
  classes: string[];
  /** Channels of every file, without a magnitude channel. */
  dim: number;
  /** Most crops of a video, in either split. */
  crops: number;
  /**
   * Training samples: videos, or single crops of them. Empty where the configuration gives no such
   * split.
   */
  train: Video[];
  /** Videos that the samples are of. */
  trainVideos: number;
  test: TestVideo[];
  /** Ids of test videos whose features and frames differ in length; `warnings` says how. */
  offGrid: string[];
  /** What the user should know before believing a figure, a sentence each. */
  warnings: string[];
  /** How its files were read, for the log. */
  notes: string[];
}

/** A training batch: normal videos first, then abnormal; B = 2n. */
export interface Batch {
  /** [B, N, T, D], put together when it is asked for. */
  readonly video: Float32Array;
  /**
   * The same where it lies, [N, T, D] of each video in arrays that nobody changes; absent where a
   * batch has a part of each alone.
   */
  parts?: readonly Float32Array[];
  shape: [number, number, number, number];
  /** [B] valid snippets of each video. */
  lengths: Int32Array;
  /** [B] class ids; 0 is Normal. */
  classIds: Int32Array;
  /** [B, K] of 0 and 1: every class of each video. */
  labels: Float32Array;
  ids: string[];
}
