/** The section `data`: which features, with which labels, and what is done to them. */

import { z } from "zod";
import { groundTruthRules } from "../../sets/ground_truth.ts";
import { dataSetNames } from "../../sets/index.ts";

/** Order of the axes of a feature file; `per_crop` is one [T, D] file per crop. */
export const layouts = ["crops_first", "snippets_first", "per_crop"] as const;

const syntheticSchema = z.strictObject({
  dim: z.int().min(1).nullable().default(null).describe(
    "Channels per snippet where neither data.dim nor runner.features.dim says any; null: 2048, or 512 with data.features=clip",
  ),
  crops: z.int().min(1).default(10).describe(
    "Crops per snippet where neither data.crops nor runner.features.crops says any",
  ),
  videos_train: z.int().min(1).max(100_000).default(60).describe(
    "Training videos per side: as many normal as anomalous ones",
  ),
  videos_test: z.int().min(1).max(100_000).default(26).describe(
    "Test videos per side; the anomalous ones go through the 13 classes in turn",
  ),
  shortest: z.int().min(1).default(40).describe("Least snippets of a video"),
  longest_train: z.int().min(1).default(120).describe("Most snippets of a training video"),
  longest_test: z.int().min(1).default(200).describe("Most snippets of a test video"),
  strength: z.number().min(0).default(10.5).describe(
    "L2 norm that an anomaly adds to a snippet along the direction of its class",
  ),
  burst_strength: z.number().min(0).default(18).describe(
    "L2 norm that a harmless burst adds, in normal and anomalous videos alike",
  ),
  noise: z.number().min(0).default(0.35).describe(
    "Standard deviation of the noise of every value",
  ),
});

export type SyntheticConfig = z.infer<typeof syntheticSchema>;

/** Of the data sets that there are now. */
function classesSetting() {
  return z.enum(dataSetNames()).default("ucf_crime").describe(
    "The data set by whose rules names, labels and ground truth are read: its classes, and how a file's name tells the class; binary: own data of two classes, by folders normal/ and abnormal/ or by labels",
  );
}

/** With the built-in data sets. */
export const dataSchema = z.strictObject({
  name: z.string().min(1).nullable().default(null).describe(
    "Name of the data set in titles and tables, by default that of its file; null: that of the folder or list of its videos",
  ),
  source: z.enum(["synthetic", "folder", "manifest"]).default("synthetic").describe(
    "synthetic: generated; folder: train and test are folders or list files; manifest: they are .jsonl or .parquet manifests",
  ),
  root: z.string().min(1).nullable().default(null).describe(
    "Folder below which the other paths are looked for; null: $WSAD_DATA, else ~/data/wsad",
  ),
  variant: z.string().regex(/^[\w.-]+$/, "expected the name of a folder").nullable().default(null)
    .describe(
      "Feature set, by the name of its folder: data=ucf_crime takes features/<variant>/train and test, and of a known one layouts, channels and crops; see docs/DATA_LOCAL.md",
    ),
  train: z.string().min(1).nullable().default(null).describe(
    "Training videos: a folder, a list file or a manifest, below root or absolute; null: none",
  ),
  test: z.string().min(1).nullable().default(null).describe(
    "Test videos: a folder, a list file or a manifest, below root or absolute; null: none",
  ),
  layout_train: z.enum(layouts).default("crops_first").describe(
    "Axes of 3-D training files: [N, T, D], [T, N, D], or one [T, D] file per crop; a lone [T, D] file is one crop",
  ),
  layout_test: z.enum(layouts).default("snippets_first").describe("The same for test files"),
  numbered_files: z.enum(["auto", "crops", "videos"]).default("auto").describe(
    "Files a_0.npy, a_1.npy, ...: crops of the video a, or videos of their own; auto: crops where every video has a complete set of one length, else it is asked about",
  ),
  annotations: z.string().min(1).nullable().default(null).describe(
    "Annotated events of the test videos, the data set's own text file or a folder of its .mat files, below root or absolute",
  ),
  ground_truth: z.string().min(1).nullable().default(null).describe(
    "Frame labels: a JSON file, video -> [0, 1, ...], a folder of .npy vectors by video, or one .npy vector with ground_truth_list; goes before annotations",
  ),
  ground_truth_list: z.string().min(1).nullable().default(null).describe(
    "The list by which one vector of ground_truth was made: the official list of test videos (lengths then as their features), or lines of <video> <frames>",
  ),
  ground_truth_rule: z.enum(groundTruthRules).default("rtfm_inclusive_ceil").describe(
    "How annotated events of UCF-Crime become frame labels",
  ),
  frame_counts: z.enum(["features", "annotations"]).default("features").describe(
    "Frames of a test video: features: eval.frames_per_snippet per snippet of its file; annotations: as annotated, for files pooled to segments",
  ),
  allow_missing_gt: z.boolean().default(false).describe(
    "Leave out test videos without ground truth instead of stopping",
  ),
  classes: classesSetting(),
  val: z.union([z.number().positive().max(0.9), z.string().min(1)]).nullable().default(null)
    .describe(
      "Training videos held out to choose weights by, with trainer.select=val_auc: a share, by a hash of each id, or a list with a video a line, below root or absolute; null: none",
    ),
  features: z.enum(["i3d", "c3d", "clip", "other"]).default("i3d").describe(
    "What made the features; clip features share a space with text, synthetic ones with that of the built-in text tower",
  ),
  mixed_features: z.boolean().default(false).describe(
    "Train and test on features of two extractions, which is refused where they are known to be",
  ),
  dim: z.int().min(1).nullable().default(null).describe(
    "Channels per snippet without a magnitude channel; null: as runner.features.dim says, else as the files have (synthetic: data.synthetic.dim)",
  ),
  crops: z.int().min(1).nullable().default(null).describe(
    "Crops per snippet; null: as runner.features.crops says, else as the files have (synthetic: data.synthetic.crops)",
  ),
  train_crops: z.enum(["together", "each", "random"]).default("together").describe(
    "A training sample: together: a video with all its crops; each: one crop, so that a video is as many samples; random: one crop of the video, another in every pass",
  ),
  test_crop: z.int().min(0).nullable().default(null).describe(
    "The crop that test videos are scored by, by its number in file names or its place in the file; null: all crops",
  ),
  segments: z.int().min(1).max(1_000_000).nullable().default(32).describe(
    "Segments to which training videos are reduced; null: as the files are, which must then agree in length",
  ),
  segments_test: z.int().min(1).max(1_000_000).nullable().default(null).describe(
    "The same for test videos; null: full length",
  ),
  reduce: z.enum(["mean", "sample", "interpolate", "random"]).default("mean").describe(
    "How snippets become segments: their mean, one row of each, linear interpolation, or at random anew in every pass: of anomalous videos a row of each cell, of normal ones a run of neighbours (test videos then by sample)",
  ),
  pad: z.literal([false, true, "batch"]).default(false).describe(
    "Videos that are shorter than the segments keep their snippets and get rows of zeros, in place of being stretched; true: up to the segments, batch: up to the longest training video of a batch",
  ),
  normalize: z.enum(["none", "l2"]).default("none").describe(
    "l2: every snippet of every crop is scaled to L2 norm 1, after reduction to segments",
  ),
  magnitude: z.boolean().default(false).describe(
    "Append the L2 norm of every snippet as one more channel; files that have one keep theirs",
  ),
  batch_size: z.int().min(1).default(16).describe(
    "Videos per side: a batch has this many normal and this many anomalous videos",
  ),
  prefetch: z.int().min(0).default(2).describe(
    "Batches whose files are read ahead, as far as data.cache_mb has room for them",
  ),
  cache_mb: z.number().min(0).default(1024).describe(
    "Main memory for features in megabytes: those being read (half of it, 128 at least, until all are kept), and those kept between uses, training videos first",
  ),
  pack: z.string().min(1).nullable().default(null).describe(
    "Folder that keeps training videos as they are prepared, where that is less to read than their files: longer ones, packed formats, a file a crop; shared by runs and processes; null: none",
  ),
  pack_mb: z.number().min(0).default(8192).describe(
    "Megabytes of that folder at most; what other runs kept first makes room",
  ),
  fps: z.number().positive().default(30).describe(
    "Frames per second of the videos, for time codes",
  ),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("Seed of the synthetic videos"),
  synthetic: syntheticSchema.prefault({}).describe("Sizes of the synthetic data"),
});

export type DataConfig = z.infer<typeof dataSchema>;

/** With those of plugins too, as far as these are loaded. */
export function dataSchemaNow(): typeof dataSchema {
  return dataSchema.extend({ classes: classesSetting() });
}
