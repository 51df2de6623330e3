/** The videos of a split and their files, from a folder, a list or a manifest. */

import { isAbsolute, join } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { FEATURE_ENDINGS, isArchiveFolder, placeInArchive } from "../io/features/open_features.ts";
import { fileFault } from "../io/file_system.ts";
import { linkFault, readText } from "../io/read_file.ts";
import { DataNotFound, dataRoot, locate } from "./data_paths.ts";
import { groupByVideo, listFeatureFiles, otherFiles, type VideoFiles } from "./feature_folder.ts";
import { FileIndex, resolveRows, someOf } from "./feature_list.ts";
import { recogniseList } from "./known_list.ts";
import { parseFeatureList } from "./list_text.ts";
import { isManifest, readManifest } from "./manifest.ts";
import { dataSets } from "../sets/index.ts";
import { videoIdOf } from "./video_id.ts";
import { numberedCrops } from "./crop_sets.ts";

export type Split = "train" | "test";

/**
 * The videos of a split in the order of its list, or by path; none where the split is not
 * configured.
 *
 * @param notes gets how a list was read
 * @throws {DataNotFound | RangeError | SyntaxError} a fault: the path is missing or of another kind
 *   than data.source says, holds no video, or names videos whose files are not there
 */
export async function findSplit(
  config: DataConfig,
  split: Split,
  notes: string[] = [],
): Promise<VideoFiles[]> {
  const path = locate(config, split);
  if (path === null) return [];
  const layout = config[`layout_${split}`];
  const remedy = `set data.layout_${split}=per_crop`;
  const isFolder = await isArchiveFolder(path) || (await Deno.stat(path)).isDirectory;
  const manifest = isManifest(path);
  if (manifest !== (config.source === "manifest")) {
    throw fault(
      RangeError,
      `Cannot use data.${split}=${config[split]} with data.source=${config.source}: it is ${
        manifest
          ? "a manifest; set data.source=manifest"
          : "no .jsonl or .parquet manifest; set data.source=folder"
      }`,
    );
  }
  if (manifest) return await fromManifest(config, split, path, remedy);
  if (isFolder) {
    const files = await listFeatureFiles(path);
    if (files.length > 0) {
      return groupByVideo(files, layout, remedy, await numberedCrops(files, config.numbered_files));
    }
    throw fault(
      DataNotFound,
      `Cannot find the ${split} features in the folder "${path}": expected ${
        FEATURE_ENDINGS.join(", ")
      } files, ${await otherFiles(
        path,
      )}; set data.${split} to the folder that holds them`,
    );
  }
  const { rows: written, form } = parseFeatureList(await readText(path), path);
  const { rows, note } = recogniseList(written, path, config.classes);
  notes.push(`list "${path}": ${form}${note === null ? "" : `; ${note}`}`);
  const root = dataRoot(config);
  const index = new FileIndex(root, await listFeatureFiles(root));
  return await resolveRows(rows, index, layout, path, remedy, config.numbered_files);
}

async function fromManifest(
  config: DataConfig,
  split: Split,
  path: string,
  remedy: string,
): Promise<VideoFiles[]> {
  const all = await readManifest(path);
  const records = all.filter((record) => record.split === split);
  if (records.length === 0) {
    const splits = [...new Set(all.map((record) => record.split))];
    throw fault(
      RangeError,
      `Cannot find the ${split} videos in the manifest "${path}": none of its ${all.length} records has the split "${split}", found ${
        someOf(splits)
      }; correct the manifest, or set data.${split}=null`,
    );
  }
  const folders = new Map<string, FileIndex>();
  const files: string[] = [];
  const missing: string[] = [];
  const sampleOf = new Map<string, string>();
  for (const { id, path: written, provenance } of records) {
    const place = isAbsolute(written) ? written : join(dataRoot(config), written);
    const found = await filesAt(place, id, folders);
    if (found.length === 0) missing.push(place);
    if (found.length === 1 && provenance?.sample_sha256 !== undefined) {
      sampleOf.set(found[0], provenance.sample_sha256);
    }
    for (const file of found) files.push(file);
  }
  if (missing.length > 0) {
    throw fault(
      DataNotFound,
      `Cannot find the features of ${missing.length} of the ${records.length} ${split} records of the manifest "${path}": ${
        someOf(missing)
      }; set data.root to the folder that its paths start from`,
    );
  }
  const once = [...new Set(files)];
  const numbered = await numberedCrops(once, config.numbered_files);
  const videos = groupByVideo(once, config[`layout_${split}`], remedy, numbered);
  // Own classes of events have no list: their records tell the side.
  const sides = dataSets[config.classes].classes.length === 2;
  const labelOf = new Map(records.map(({ id, label, anomalous }) => {
    return [id, !sides ? label : anomalous ? "Abnormal" : "Normal"];
  }));
  const provenanceOf = new Map(records.map(({ id, provenance }) => [id, provenance]));
  for (const video of videos) {
    const id = labelOf.has(video.id) ? video.id : videoIdOf(video.files[0]);
    video.label = labelOf.get(id);
    const provenance = provenanceOf.get(id);
    if (provenance !== undefined) video.provenance = provenance;
    const sample = sampleOf.get(video.files[0]);
    if (sample !== undefined) video.sample_sha256 = sample;
  }
  return videos;
}

/** The file, or the video's files in the folder; none where nothing is. */
async function filesAt(
  place: string,
  id: string,
  folders: Map<string, FileIndex>,
): Promise<string[]> {
  let isFolder: boolean;
  try {
    if (placeInArchive(place) !== null && !await isArchiveFolder(place)) return [place];
    isFolder = await isArchiveFolder(place) || (await Deno.stat(place)).isDirectory;
  } catch (error) {
    const attempted = `Cannot read features "${place}"`;
    const broken = linkFault(place, attempted);
    if (broken === null && error instanceof Deno.errors.NotFound) return [];
    throw broken ?? fileFault(error, attempted);
  }
  if (!isFolder) return [place];
  let index = folders.get(place);
  if (index === undefined) {
    index = new FileIndex(place, await listFeatureFiles(place));
    folders.set(place, index);
  }
  return index.find(id);
}
