/** The videos that `wsvad score` is given, behind paths of files and folders. */

import { existsSync, statSync } from "node:fs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { numberedCrops } from "../data/crop_sets.ts";
import type { Layout } from "../data/feature_file.ts";
import { listFeatureFiles, otherFiles } from "../data/feature_folder.ts";
import { cropOf, videoIdOf } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import { linkFault } from "../io/read_file.ts";

/** A video to score: its file, or its files of one crop each. */
export interface Source {
  id: string;
  paths: string[];
  /** The numbers of its crops, where the names of the files are not of the usual form. */
  crops?: number[];
}

/**
 * The videos behind the paths: every .npy file below a folder; with per_crop the crops of a video together.
 *
 * @throws {Error} a fault: nothing at a path, a folder without features, two files of one video
 */
export async function sourcesOf(
  paths: string[],
  layout: Layout | undefined,
  choice: ResolvedConfig["data"]["numbered_files"],
): Promise<Source[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      throw linkFault(path, `Cannot read features "${path}"`) ??
        fault(Error, `Cannot read features "${path}": no such file or folder`);
    }
    const found = statSync(path).isDirectory() ? await listFeatureFiles(path) : [path];
    if (!found.length) {
      throw fault(
        Error,
        `Cannot score "${path}": no .npy file in this folder, ${await otherFiles(path)}`,
      );
    }
    for (const file of found) files.push(file);
  }
  const numbered = await numberedCrops(files, choice);
  const byId = new Map<string, string[]>();
  for (const file of files) {
    const id = numbered.get(file)?.id ??
      (layout === "per_crop" ? videoIdOf(file) : sampleIdOf(file));
    const found = byId.get(id);
    if (found === undefined) byId.set(id, [file]);
    else found.push(file);
  }
  return [...byId].map(([id, found]) => {
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
    return { id, paths, crops: numbered.has(paths[0]) ? paths.map(crop) : undefined };
  });
}

/** The video's id as `wsvad eval` has it; a crop that is scored by itself is `<id>__3`, as in training. */
function sampleIdOf(file: string): string {
  const crop = cropOf(file);
  return crop === null ? videoIdOf(file) : `${videoIdOf(file)}__${crop}`;
}

/** Files of one crop each that were scored as videos of their own. */
export function cropsApartWarning(sources: Source[]): string[] {
  const crops = sources.map(({ paths }) => paths).filter((paths) =>
    paths.length === 1 && cropOf(paths[0]) !== null
  ).flat();
  const videos = new Set(crops.map(videoIdOf)).size;
  if (videos === crops.length) return [];
  return [
    `by their names ${crops.length} of these files are single crops of ${videos} video${
      videos === 1 ? "" : "s"
    }, each was scored on its own; --layout per_crop scores them together`,
  ];
}
