/** Data sets of feature files: `data.source=folder` and `data.source=manifest`. */

import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { evalSchema } from "../config/schema/eval.ts";
import { fault } from "../fault.ts";
import { classesOfVideo } from "./video_classes.ts";
import { dataSets } from "../sets/index.ts";
import { DataNotFound, dataPaths, dataRoot, locate } from "./data_paths.ts";
import type { FeatureAxes } from "./feature_axes.ts";
import { readFeatures } from "./feature_file.ts";
import { openParts } from "./feature_parts.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { someOf } from "./feature_list.ts";
import {
  commonCrops,
  commonDim,
  cropLengthWarning,
  expectedOf,
  type ExpectedSizes,
  expectedSizes,
  inspectSplit,
} from "./feature_sizes.ts";
import { constantWarning } from "./constant_files.ts";
import { cropNumbers, placeOfCrop, snippetsRead } from "./crops.ts";
import { checkGrid } from "./grid_check.ts";
import type { DataNeed } from "./data_need.ts";
import { type KnownVideo, videoMakers } from "./prepared_videos.ts";
import { mixtureOf, provenanceOf, requireUnseen } from "./provenance.ts";
import { agreedProvenance, readProvenance } from "./stated_provenance.ts";
import { recipeOfSplit } from "./feature_recipe.ts";
import { requireRecipeGrid } from "./recipe_grid.ts";
import { findSplit, type Split } from "./split_files.ts";
import { noTruths, readTestTruths, requireTruths } from "./test_ground_truth.ts";
import type { Dataset, FeatureSources, SplitProvenance, TestVideo } from "./video.ts";

/** @throws fault, as `openDataset` */
export async function openFiles(
  config: DataConfig,
  { features = {}, testAlone = false, shapes = new Map(), evaluation: asked, tell }: DataNeed,
): Promise<Dataset> {
  const evaluation = asked ?? evalSchema.parse({});
  if (config.train === null && config.test === null) {
    throw fault(
      Error,
      `Cannot open data with data.source=${config.source}: neither data.train nor data.test is set; name a folder, a list file or a manifest for one of them`,
    );
  }
  if (asked !== undefined) requireRecipeGrid(await recipeOfSplit(config, "test"), config, asked);
  const warnings: string[] = [], notes: string[] = [];
  const found = {
    train: testAlone
      ? await findTrained(config, warnings)
      : await findSplit(config, "train", notes),
    test: await findSplit(config, "test", notes),
  };
  const sizes = expectedSizes(config, features);
  const truths = config.test === null
    ? noTruths
    : await readTestTruths(config, evaluation.frames_per_snippet, async (ids) => {
      const wanted = new Set(ids);
      const videos = found.test.filter(({ id }) => wanted.has(id));
      const axes = await inspectSplit(videos, expectedOf(config, "test", sizes), shapes, tell);
      return new Map(videos.map(({ id }, i) => [id, axes[i].snippets]));
    });
  const hasTruth = requireTruths(found.test.map(({ id }) => id), truths, config, warnings);
  found.test = found.test.filter((_, i) => hasTruth[i]);
  warnings.push(...overlapWarning(found.train, found.test));

  const inspect = async (split: "train" | "test") => {
    const axes = await inspectSplit(found[split], expectedOf(config, split, sizes), shapes, tell);
    return found[split].map((video, i) => ({ video, axes: axes[i] }));
  };
  const train = await inspect("train"), test = await inspect("test");
  if (train.length + test.length === 0) {
    throw fault(Error, "Cannot open the data: no video is left; see data.train and data.test");
  }
  const all = [...train, ...test];
  const dim = commonDim(all, sizes);
  const stacked = [
    ...(config.train_crops === "together" ? train : []),
    ...(config.test_crop === null ? test : []),
  ];
  const crops = stacked.length > 0
    ? commonCrops(stacked, sizes)
    : all.reduce((most, { axes }) => Math.max(most, axes.crops), 1);
  const agreed = { ...sizes, dim, crops };
  const sources = await featuresOf(config, found, agreed);
  if (sources.train !== null && sources.test !== null) {
    const mixture = mixtureOf(sources.train, sources.test, config.mixed_features);
    if (mixture !== null) warnings.push(mixture);
  }
  for (const split of ["train", "test"] as const) {
    const constant = await constantWarning(found[split], split, tell);
    if (constant !== null) warnings.push(constant);
  }

  const list = dataSets[config.classes];
  const known = (split: "train" | "test", video: VideoFiles, axes: FeatureAxes): KnownVideo => {
    const expected = { ...expectedOf(config, split, agreed), keepMagnitude: config.magnitude };
    const truth = split === "test" ? truths.of(video.id) : undefined;
    const numbers = cropNumbers(video, axes);
    const place = split === "test" && config.test_crop !== null
      ? placeOfCrop(video.id, numbers, config.test_crop)
      : undefined;
    const [classId, ...otherClassIds] = classesOfVideo(config, split, video, truth?.className);
    return {
      id: video.id,
      classId,
      otherClassIds,
      snippets: snippetsRead(axes, place),
      crops: numbers,
      files: video.files,
      read: (crop, pooling) => readFeatures(video.files, { ...expected, crop, pooling }),
      inParts: (crop) => openParts(video.files, expected, config, { crop }),
    };
  };
  const trainKnown = train.map(({ video, axes }) => known("train", video, axes));
  const makers = videoMakers(config, list, dim, trainKnown, { once: testAlone });
  const testKnown = test.map(({ video, axes }) => known("test", video, axes));
  const testVideos = testKnown.map((video) => makers.test(video, truths.of(video.id)!));
  const snippets = testKnown.map(({ snippets }) => snippets);
  warnings.push(...sidesWarning(testVideos));
  const { warning, offGrid } = checkGrid(config, evaluation, testVideos, snippets);
  if (warning !== null) warnings.push(warning);
  const cropLengths = cropLengthWarning(stacked);
  if (cropLengths !== null) warnings.push(cropLengths);
  return {
    name: config.name ?? nameOf(resolve(nameGiver(config))),
    provenance: originOf(config, found, sources),
    features: sources,
    groundTruthRule: found.test.length > 0 ? truths.rule : "none",
    classes: [...list.classes],
    dim,
    crops,
    train: trainKnown.flatMap(makers.train),
    trainVideos: trainKnown.length,
    test: testVideos,
    offGrid,
    warnings,
    notes,
  };
}

/** The path after which the data set is called. */
function nameGiver(config: DataConfig): string {
  const paths = dataPaths(config);
  return paths.find(({ key }) => key === "data.train" || key === "data.test")!.path;
}

/** A folder or list called after its split is known by the folder around it. */
function nameOf(path: string): string {
  const own = basename(path);
  const around = basename(dirname(path));
  return /^(train|test)(ing)?(\.\w+)?$/i.test(own) && around !== "" ? around : own;
}

/**
 * The training videos for a look at their ids alone; none, and a warning, where they are not on
 * this machine.
 */
async function findTrained(config: DataConfig, warnings: string[]): Promise<VideoFiles[]> {
  try {
    return await findSplit(config, "train");
  } catch (error) {
    if (!(error instanceof DataNotFound)) throw error;
    warnings.push(
      `whether test videos are training videos too was not checked: data.train=${config.train} was not found, or not all of it`,
    );
    return [];
  }
}

function overlapWarning(train: VideoFiles[], test: VideoFiles[]): string[] {
  const trained = new Set(train.map(({ id }) => id));
  const both = test.filter(({ id }) => trained.has(id)).map(({ id }) => id);
  if (both.length === 0) return [];
  return [
    `${both.length} of ${test.length} test videos are training videos too: ${
      someOf(both)
    }; figures on them say nothing about new videos`,
  ];
}

/**
 * Where the features of both splits come from.
 *
 * @throws {RangeError} a fault: a split says that it is of several extractions, or the test
 *     features are of an extractor that has seen their videos
 */
async function featuresOf(
  config: DataConfig,
  found: Record<Split, VideoFiles[]>,
  sizes: ExpectedSizes & { dim: number },
): Promise<FeatureSources> {
  const of = async (split: Split): Promise<SplitProvenance | null> => {
    const videos = found[split];
    if (videos.length === 0) return null;
    const stated = agreedProvenance(videos, split) ??
      await readProvenance(videos[0].files[0], dataRoot(config));
    if (split === "test") requireUnseen(stated, dirname(videos[0].files[0]), config.classes);
    return await provenanceOf(
      videos,
      { ...expectedOf(config, split, sizes), dim: sizes.dim },
      stated,
    );
  };
  return { train: await of("train"), test: await of("test") };
}

/** Normal test videos with anomalous frames: labels and ground truth of different videos. */
function sidesWarning(test: readonly TestVideo[]): string[] {
  const wrong = test.filter(({ anomalous, marked }) => !anomalous && marked.length > 0);
  if (wrong.length === 0) return [];
  return [
    `${wrong.length} normal test videos have anomalous frames: ${
      someOf(wrong.map(({ id }) => id))
    }; their labels or their ground truth belong to other videos`,
  ];
}

/** The path below data.root, which is told once; one that lies elsewhere is told whole. */
function placeText(config: DataConfig, split: "train" | "test"): string {
  const path = locate(config, split)!;
  const below = relative(dataRoot(config), path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}

function originOf(
  config: DataConfig,
  found: { train: VideoFiles[]; test: VideoFiles[] },
  sources: FeatureSources,
): string {
  const parts = (["train", "test"] as const).filter((split) => found[split].length > 0)
    .map((split) =>
      `${found[split].length} ${split === "train" ? "training" : "test"} videos in ${
        placeText(config, split)
      }`
    );
  const norms = [sources.train, sources.test].filter((source) => source !== null)
    .map(({ norm }) => norm.toPrecision(3)).join(" and ");
  const kind = config.features === "other" ? [] : [`${config.features} features`];
  return [...kind, ...parts, `mean norm of a snippet ${norms}`].join(", ");
}
