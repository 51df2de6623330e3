/** The class of a configured video, from all that tells it: label, annotation, folder and name. */

import { isAbsolute, relative, resolve } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { dataSets } from "../sets/index.ts";
import { sideOfWord } from "../sets/sides.ts";
import { classIdsOf, saysAbnormal } from "./classes.ts";
import { dataRoot, locate } from "./data_paths.ts";
import type { VideoFiles } from "./feature_folder.ts";
import type { Split } from "./split_files.ts";

/**
 * The class ids of a video, the one that stands for it first.
 *
 * @param annotated class name in the annotation of a test video
 * @throws as `classIdsOf`
 */
export function classesOfVideo(
  config: DataConfig,
  split: Split,
  video: VideoFiles,
  annotated?: string,
): number[] {
  const set = dataSets[config.classes];
  const label = labelOf(video, annotated, set.classes.length === 2);
  const [file] = video.files;
  return classIdsOf(video.id, set, file, label, foldersOf(config, split, file));
}

/**
 * A list's or manifest's own class name first, then the annotated one; of two classes, an annotated
 * event of any name is the abnormal one.
 */
function labelOf(
  { label }: VideoFiles,
  annotated: string | undefined,
  binary: boolean,
): string | undefined {
  if (label !== undefined && (binary || !saysAbnormal(label))) return label;
  if (binary && annotated !== undefined) return sideOfWord(annotated) === 0 ? "Normal" : "Abnormal";
  return annotated ?? label;
}

/** The folders of a file below the folder of its split, or below the data's root. */
function foldersOf(config: DataConfig, split: Split, file: string): string[] {
  for (const base of [locate(config, split)!, dataRoot(config)]) {
    const below = relative(resolve(base), resolve(file));
    if (!below.startsWith("..") && !isAbsolute(below)) return below.split(/[\\/]/).slice(0, -1);
  }
  return [];
}
