/**
 * The list files of the official repositories: which videos belong to a split. Rows are taken for
 * the names in them alone; the paths are those of their authors' machines, so files are found by
 * name below the data's root.
 */

import { fault } from "../fault.ts";
import type { DataConfig } from "../config/schema/data.ts";
import { openFeatures } from "../io/features/open_features.ts";
import { numberAtEnd, numberedCrops } from "./crop_sets.ts";
import { DataNotFound } from "./data_paths.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { groupByVideo } from "./feature_folder.ts";
import type { Layout } from "./feature_axes.ts";
import type { ListRow } from "./list_text.ts";
import { baseName, cropOf, videoIdOf } from "./video_id.ts";

/** Feature files by name, for many look-ups. */
export class FileIndex {
  readonly #byName = new Map<string, string[]>();
  readonly #byId = new Map<string, string[]>();
  /** Files whose names end with a number that may be a crop's, by the id before it. */
  readonly #byStem = new Map<string, string[]>();
  #inSmall: Map<string, string> | undefined;

  constructor(readonly folder: string, files: readonly string[]) {
    const add = (map: Map<string, string[]>, key: string, file: string) => {
      const found = map.get(key);
      if (found === undefined) map.set(key, [file]);
      else found.push(file);
    };
    for (const file of files) {
      add(this.#byName, nameOf(file), file);
      add(this.#byId, videoIdOf(file), file);
      const number = numberAtEnd(file);
      if (number !== null) add(this.#byStem, number.id, file);
    }
  }

  /** The files that a row stands for: that of its name, else those of its video (and crop). */
  find(path: string): string[] {
    const named = this.#byName.get(nameOf(path));
    if (named !== undefined) return named.length === 1 ? named : nearestFolder(named, path);
    const ofVideo = this.#byId.get(videoIdOf(path)) ?? [];
    const crop = cropOf(path);
    return crop === null ? ofVideo : ofVideo.filter((file) => (cropOf(file) ?? 0) === crop);
  }

  /** A file whose name is that of a row but for capital letters. */
  findInOtherCase(path: string): string | undefined {
    this.#inSmall ??= new Map(
      [...this.#byName, ...this.#byId].map(([name, [file]]) => [name.toLowerCase(), file]),
    );
    return this.#inSmall.get(nameOf(path).toLowerCase()) ??
      this.#inSmall.get(videoIdOf(path).toLowerCase());
  }

  /** The files `<id>_0.npy`, `<id>_1.npy`, ... of a row of the video `<id>`. */
  findNumbered(path: string): string[] {
    return cropOf(path) === null ? this.#byStem.get(videoIdOf(path)) ?? [] : [];
  }

  /** The file of the video that a row of one crop is of, where its name has no crop number. */
  findWhole(path: string): string | undefined {
    if (this.#byName.has(nameOf(path))) return undefined;
    if (cropOf(path) === null && this.#byId.has(videoIdOf(path))) return undefined;
    const id = cropOf(path) === null ? numberAtEnd(path)?.id : videoIdOf(path);
    if (id === undefined) return undefined;
    return this.#byId.get(id)?.find((file) => cropOf(file) === null);
  }
}

/** By which a file and its row are the same: as the ids of videos are. */
function nameOf(path: string): string {
  return baseName(path).normalize("NFC");
}

/** Of several files of one name, those with most folder names in common with the row. */
function nearestFolder(files: string[], path: string): string[] {
  const parts = (name: string) => name.split(/[\\/]/).reverse();
  const wanted = parts(path);
  const common = files.map((file) => {
    const own = parts(file);
    let count = 0;
    while (count < wanted.length && own[count] === wanted[count]) count++;
    return count;
  });
  const most = common.reduce((a, b) => Math.max(a, b), 0);
  return files.filter((_, i) => common[i] === most);
}

/**
 * The files of the rows' videos, in the order of the rows.
 *
 * @param remedy as for {@link groupByVideo}
 * @throws {Error} a fault: rows without a file, which are listed
 * @throws as {@link groupByVideo}
 */
export async function resolveRows(
  rows: readonly ListRow[],
  index: FileIndex,
  layout: Layout,
  name: string,
  remedy: string,
  numbered: DataConfig["numbered_files"] = "auto",
): Promise<VideoFiles[]> {
  const files: string[] = [];
  const missing: string[] = [];
  let inOtherCase: string | undefined;
  const labelOf = new Map<string, string>();
  const byNumber = new Map<string, string>();
  for (const { path, label } of rows) {
    let found = index.find(path);
    if (found.length === 0) {
      found = index.findNumbered(path);
      for (const file of found) byNumber.set(file, path);
    }
    if (found.length === 0) {
      missing.push(baseName(path));
      inOtherCase ??= index.findInOtherCase(path);
    }
    for (const file of found) files.push(file);
    if (label === undefined) continue;
    const id = videoIdOf(path);
    const other = labelOf.get(id);
    if (other !== undefined && other !== label) {
      throw fault(
        SyntaxError,
        `Cannot read the list "${name}": it gives the video "${id}" the labels "${other}" and "${label}"; correct one`,
      );
    }
    labelOf.set(id, label);
  }
  if (missing.length > 0 || layout !== "per_crop") {
    await refuseCropsOfWhole(rows, index, missing.length > 0, name);
  }
  if (missing.length > 0) {
    throw fault(
      DataNotFound,
      `Cannot find the features of ${missing.length} of the ${rows.length} rows of the list "${name}": ${
        someOf(missing)
      }; looked for .npy files of these names below "${index.folder}": ${
        inOtherCase === undefined
          ? "set data.root to the folder of the features"
          : `"${inOtherCase}" is there, with other capital letters; write the names as the files have them`
      }`,
    );
  }
  const once = [...new Set(files)];
  const crops = await numberedCrops(once, numbered);
  const apart = [...byNumber].find(([file]) => !crops.has(file));
  if (apart !== undefined) {
    throw fault(
      DataNotFound,
      `Cannot find the features of "${baseName(apart[1])}", a row of the list "${name}": "${
        apart[0]
      }" would be a crop of it, and the numbered files are no complete set of crops; set data.numbered_files=crops if they are`,
    );
  }
  const videos = groupByVideo(once, layout, remedy, crops);
  for (const video of videos) {
    const label = labelOf.get(video.id) ?? labelOf.get(videoIdOf(video.files[0]));
    if (label !== undefined) video.label = label;
  }
  return videos;
}

/**
 * Rows of single crops are not found in files that hold all crops of a video; the rows of crop 0
 * would be, and mean all of them.
 *
 * @param anyMissing whether rows have no file of their own
 * @throws {DataNotFound} a fault: rows ask for crops of a file that holds several, or whose name
 *     has no crop number where others are missing
 */
async function refuseCropsOfWhole(
  rows: readonly ListRow[],
  index: FileIndex,
  anyMissing: boolean,
  name: string,
): Promise<void> {
  const asked = rows.find(({ path }) => {
    return index.findWhole(path) !== undefined && (!anyMissing || index.find(path).length === 0);
  });
  if (asked === undefined) return;
  const file = index.findWhole(asked.path)!;
  const { shape } = await openFeatures(file);
  if (shape.length !== 3 || shape[0] === 1 || shape[1] === 1) return;
  const crop = cropOf(asked.path) ?? numberAtEnd(asked.path)?.crop;
  throw fault(
    DataNotFound,
    `Cannot find the crops that the list "${name}" names, "${
      baseName(asked.path)
    }" among them: "${file}" is one file of the shape [${
      shape.join(", ")
    }], which seems to hold all crops of the video; give the folder of these files or a list with a row a video in place of this list, and data.test_crop=${crop} to test that crop alone`,
  );
}

/** The first few names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const most = 5;
  const shown = names.slice(0, most).map((name) => `"${name}"`).join(", ");
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}
