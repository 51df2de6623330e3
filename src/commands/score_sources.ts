/** The videos that `wsvad score` is given: which files are whose. */

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { numberedCrops } from "../data/crop_sets.ts";
import type { Expected, Layout } from "../data/feature_file.ts";
import { listFeatureFiles, otherFiles } from "../data/feature_folder.ts";
import { provenanceOf } from "../data/provenance.ts";
import { readProvenance } from "../data/stated_provenance.ts";
import { cropOf, videoIdOf } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import { FEATURE_ENDINGS, isArchiveFolder, placeInArchive } from "../io/features/open_features.ts";
import { entryAt, linkFault } from "../io/read_file.ts";
import type { LoadedCheckpoint } from "../run_folder/load_checkpoint.ts";
import { mixedWithTraining } from "../run_folder/trained_features.ts";
import type { VideoToScore } from "../score/score_frames.ts";

/**
 * A video to score. Its outputs are called by `id`: `<video>__3` for a crop that is scored by
 * itself.
 */
export type Source = VideoToScore;

/**
 * The files behind the paths: every feature file below a folder or in an archive.
 *
 * @throws {Error} a fault: a path that leads nowhere, or a folder without features
 */
export async function filesToScore(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (entryAt(path) === null && placeInArchive(path) === null) {
      throw linkFault(path, `Cannot read features "${path}"`) ??
        fault(Error, `Cannot read features "${path}": no such file or folder`);
    }
    const isFolder = await isArchiveFolder(path) ||
      placeInArchive(path) === null && statSync(path).isDirectory();
    const found = isFolder ? await listFeatureFiles(path) : [path];
    if (!found.length) {
      throw fault(
        Error,
        `Cannot score the folder "${path}": expected ${
          FEATURE_ENDINGS.join(", ")
        } files, ${await otherFiles(path)}`,
      );
    }
    for (const file of found) files.push(file);
  }
  return files;
}

/**
 * The videos of the files; with per_crop, and where names are numbered as crops are, the crops of a
 * video together.
 *
 * @throws {RangeError} a fault: two files of one name that are no crops, or numbers of which it
 *     cannot be told
 */
export async function groupSources(
  files: readonly string[],
  layout: Layout | undefined,
  choice: DataConfig["numbered_files"],
): Promise<Source[]> {
  const numbered = await numberedCrops(files, choice);
  const byId = new Map<string, { video: string; found: string[] }>();
  for (const file of files) {
    const video = numbered.get(file)?.id ?? videoIdOf(file);
    const crop = numbered.has(file) || layout === "per_crop" ? null : cropOf(file);
    const id = crop === null ? video : `${video}__${crop}`;
    const source = byId.get(id);
    if (source === undefined) byId.set(id, { video, found: [file] });
    else source.found.push(file);
  }
  return [...byId].map(([id, { video, found }]) => {
    if (found.length > 1 && layout !== "per_crop" && !numbered.has(found[0])) {
      throw fault(
        RangeError,
        `Cannot score "${found[1]}": its scores would go to the files of "${
          found[0]
        }"; score them into different folders with --out, or give --layout per_crop if they are crops of one video`,
      );
    }
    const crop = (file: string) => numbered.get(file)?.crop ?? cropOf(file) ?? 0;
    const paths = found.sort((a, b) => crop(a) - crop(b));
    return { id, video, paths, crops: numbered.has(paths[0]) ? paths.map(crop) : undefined };
  });
}

/** Files of one crop each that were scored as videos of their own. */
export function cropsApartWarning(sources: readonly Source[]): string[] {
  const crops = sources.filter(({ paths }) => paths.length === 1 && cropOf(paths[0]) !== null);
  const videos = new Set(crops.map(({ video }) => video)).size;
  if (videos === crops.length) return [];
  return [
    `by their names ${crops.length} of these files are single crops of ${videos} video${
      videos === 1 ? "" : "s"
    }, each was scored on its own; --layout per_crop scores them together`,
  ];
}

/**
 * What is wrong with scoring these features by a model that was trained on others, or null.
 *
 * @throws as `mixedWithTraining`
 */
export async function mixtureOfSources(
  sources: readonly Source[],
  expected: Expected,
  { path, config: { data } }: Pick<LoadedCheckpoint, "path" | "config">,
): Promise<string | null> {
  const { dim } = expected;
  if (dim === undefined) return null;
  const [first] = sources[0].paths;
  const stated = await readProvenance(first, dirname(dirname(resolve(first))));
  const videos = sources.map(({ id, paths }) => ({ id, files: paths }));
  const features = await provenanceOf(videos, { ...expected, dim }, stated);
  return await mixedWithTraining(path, features, data.mixed_features);
}
