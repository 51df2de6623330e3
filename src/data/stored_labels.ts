/**
 * Stored frame labels by video: a JSON file, a folder of vectors, or one vector beside the list of
 * the videos that it runs through. Without that list a vector is refused: the official lists come
 * in several orders of the same total length.
 */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { readNpy } from "../io/npy.ts";
import { readText } from "../io/read_file.ts";
import { type GroundTruth, intervalsOf, parseGroundTruth } from "../sets/ground_truth.ts";
import { dataSets } from "../sets/index.ts";
import { sideOfWord } from "../sets/sides.ts";
import { locate } from "./data_paths.ts";
import { listFeatureFiles, otherFiles } from "./feature_folder.ts";
import { someOf } from "./feature_list.ts";
import { parseVectorList, type VideoOfVector } from "./vector_list.ts";
import { baseName, videoIdOf } from "./video_id.ts";

/** A frame takes up to a dozen characters: XD-Violence's two million frames, indented, 30 MB. */
const LARGEST_LABELS = 256 * 2 ** 20;

/** Snippets of the features of videos; a video that has none is left out. */
export type SnippetsOf = (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/**
 * Labels by video id.
 *
 * @param path where data.ground_truth leads
 * @param snippetsOf for the lengths in one vector whose list has none
 * @throws {SyntaxError | TypeError | RangeError | Error} a fault: no labels, two of one video, or
 *   one vector that does not belong to its list
 */
export async function readStoredLabels(
  config: DataConfig,
  path: string,
  perSnippet: number,
  snippetsOf?: SnippetsOf,
): Promise<Map<string, GroundTruth>> {
  const list = locate(config, "ground_truth_list");
  if ((await Deno.stat(path)).isDirectory) {
    refuseList(list, path);
    return await labelsOfFolder(path);
  }
  if (/\.npy$/i.test(path) && list !== null) {
    return await labelsOfVector(config, path, list, perSnippet, snippetsOf);
  }
  if (/\.(npy|npz|mat|pkl)$/i.test(path)) {
    throw fault(
      TypeError,
      `Cannot read ground truth "${path}": one vector over all videos says neither which video a frame is of nor in which order the videos come, and the official lists come in several; set data.ground_truth_list to the list that a .npy vector was made by, data.annotations to the data set's file of events, or data.ground_truth to a folder of vectors by video or a JSON file {"<video>": [0, 1, ...], ...}`,
    );
  }
  refuseList(list, path);
  const text = await readText(path, {
    attempted: `Cannot read ground truth "${path}"`,
    most: LARGEST_LABELS,
  });
  return parseGroundTruth(text, path, videoIdOf);
}

function refuseList(list: string | null, path: string): void {
  if (list === null) return;
  throw fault(
    RangeError,
    `Cannot use data.ground_truth_list="${list}": it tells the videos of one long vector, and "${path}" has its labels by video; set data.ground_truth_list=null`,
  );
}

/** `Abuse028_x264__9_gt.npy`, `..._label_A__0.npy` and `01_0014.npy`, a vector a video. */
async function labelsOfFolder(folder: string): Promise<Map<string, GroundTruth>> {
  const files = await listFeatureFiles(folder);
  if (files.length === 0) {
    throw fault(
      Error,
      `Cannot read ground truth in the folder "${folder}": expected a .npy vector a video, ${await otherFiles(
        folder,
      )}; set data.ground_truth to the folder that holds them`,
    );
  }
  const labels = new Map<string, GroundTruth>();
  const fileOf = new Map<string, string>();
  for (const file of files) {
    const id = videoIdOf(baseName(file).replace(/_gt\.npy$/i, ".npy"));
    const earlier = fileOf.get(id);
    if (earlier !== undefined) {
      throw fault(
        SyntaxError,
        `Cannot read ground truth in the folder "${folder}": "${earlier}" and "${file}" stand for the video "${id}"; remove one`,
      );
    }
    fileOf.set(id, file);
    const vector = await readVector(file);
    labels.set(id, { frames: vector.length, intervals: intervalsOf(vector) });
  }
  return labels;
}

/** Frame labels of one file, a number a frame. */
async function readVector(path: string): Promise<Float64Array> {
  const { shape, data } = await readNpy(path);
  if (data.length === 0 || shape.filter((length) => length !== 1).length > 1) {
    throw fault(
      TypeError,
      `Cannot read ground truth "${path}": expected a vector of 0 and 1, one per frame, found an array of shape [${
        shape.join(", ")
      }]; take the file of labels`,
    );
  }
  const vector = new Float64Array(data.length);
  for (let frame = 0; frame < data.length; frame++) {
    const label = Number(data[frame]);
    if (label !== 0 && label !== 1) {
      throw fault(
        SyntaxError,
        `Cannot read ground truth "${path}": expected 0 or 1, found ${label} at frame ${frame}; take the file of labels`,
      );
    }
    vector[frame] = label;
  }
  return vector;
}

async function labelsOfVector(
  config: DataConfig,
  path: string,
  listPath: string,
  perSnippet: number,
  snippetsOf?: SnippetsOf,
): Promise<Map<string, GroundTruth>> {
  const vector = await readVector(path);
  const videos = parseVectorList(await readText(listPath), listPath);
  const lengths = await lengthsOf(videos, perSnippet, snippetsOf, listPath);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== vector.length) {
    throw fault(
      RangeError,
      `Cannot cut the ground truth "${path}" by the list "${listPath}": its ${videos.length} videos have ${total} frames${
        videos[0].frames === undefined ? `, ${perSnippet} for each snippet of their features` : ""
      }, the vector has ${vector.length}; take the vector that was made for these features, or give the frames of each video in the list, "<video> <frames>"`,
    );
  }
  const labels = new Map<string, GroundTruth>();
  let start = 0;
  for (const [i, { id }] of videos.entries()) {
    const part = vector.subarray(start, start + lengths[i]);
    labels.set(id, { frames: lengths[i], intervals: intervalsOf(part) });
    start += lengths[i];
  }
  requireOrder(config, videos, labels, path, listPath);
  return labels;
}

async function lengthsOf(
  videos: readonly VideoOfVector[],
  perSnippet: number,
  snippetsOf: SnippetsOf | undefined,
  list: string,
): Promise<number[]> {
  const measured = videos[0].frames === undefined
    ? await snippetsOf?.(videos.map(({ id }) => id))
    : undefined;
  const lengths = videos.map(({ id, frames }) => {
    return frames ?? perSnippet * (measured?.get(id) ?? NaN);
  });
  const unknown = videos.filter((_, i) => Number.isNaN(lengths[i]));
  if (unknown.length === 0) return lengths;
  throw fault(
    RangeError,
    `Cannot cut one vector of ground truth by the list "${list}": the length of ${unknown.length} of its ${videos.length} videos is unknown, they are not among the test features: ${
      someOf(unknown.map(({ id }) => id))
    }; give the frames of each video in the list, "<video> <frames>", or set data.test to the features of all`,
  );
}

/** A vector in another order than its list's puts anomalous frames into normal videos. */
function requireOrder(
  config: DataConfig,
  videos: readonly VideoOfVector[],
  labels: ReadonlyMap<string, GroundTruth>,
  path: string,
  list: string,
): void {
  const { classesOf } = dataSets[config.classes];
  const wrong = videos.filter(({ id, label }) => {
    const side = label === undefined ? null : sideOfWord(label);
    const normal = side === null ? classesOf(id)?.[0] === 0 : side === 0;
    return normal && labels.get(id)!.intervals.length > 0;
  });
  if (wrong.length === 0) return;
  throw fault(
    RangeError,
    `Cannot cut the ground truth "${path}" by the list "${list}": ${wrong.length} normal videos would have anomalous frames: ${
      someOf(wrong.map(({ id }) => id))
    }; the vector is in the order of another list, give that one`,
  );
}
