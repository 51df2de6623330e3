/**
 * The features of a long video, read part by part as a model asks for them: one crop of 20,000
 * snippets after the other, or some snippets of all, so that a file of gigabytes never lies in
 * memory whole.
 */

import { storedBytes } from "../io/features/open_features.ts";
import { type Expected, placesOf } from "./feature_axes.ts";
import { inOrder, openWithAxes, shortest } from "./feature_file.ts";
import { checkFinite } from "./finite_values.ts";
import { type OpenFeatures, PIECE_BYTES } from "./pooled_reading.ts";
import { type Preparation, prepareFeatures } from "./prepare_features.ts";
import type { FeaturePart, FeatureParts, VideoFeatures } from "./video.ts";

/** Bytes of values above which a video is read part by part: as many as two pieces. */
const LARGE_BYTES = 2 * PIECE_BYTES;

/**
 * Opens the files of a video for reading in parts; null where all of it is small, or where a part
 * costs as much as the whole.
 *
 * @param crop the place of the only one wanted
 * @param largeBytes bytes of float32 values above which a video is read so
 * @throws as `readFeatures`
 */
export async function openParts(
  paths: readonly string[],
  expected: Expected,
  preparation: Preparation,
  { crop, largeBytes = LARGE_BYTES }: { crop?: number; largeBytes?: number } = {},
): Promise<FeatureParts | null> {
  const wanted = crop !== undefined && paths.length > 1 ? [paths[crop]] : paths;
  const only = paths.length > 1 ? undefined : crop;
  const layout = paths.length > 1 ? "per_crop" : expected.layout;
  const opened: OpenFeatures[] = [];
  for (const path of wanted) opened.push(await openWithAxes(path, { ...expected, layout }));
  const bytes = opened.reduce((sum, { file, axes }) => {
    const values = storedBytes(file) / file.itemBytes;
    return sum + Float32Array.BYTES_PER_ELEMENT * values / (only === undefined ? 1 : axes.crops);
  }, 0);
  const { dim } = opened[0].axes;
  const apart = opened.every(({ file, axes }) => file.partsAlone && axes.dim === dim);
  if (bytes <= largeBytes || !apart) return null;
  const snippets = shortest(opened.map(({ axes }) => axes));
  const crops = opened.length > 1 ? opened.length : only === undefined ? opened[0].axes.crops : 1;
  const readOne = async (open: OpenFeatures, { crop, from = 0, to = snippets }: FeaturePart) => {
    const { file, axes } = open;
    const places = placesOf(file, axes, { crop, from, to });
    const values = await file.part(places);
    checkFinite(values, file.shape, file.name, places);
    const sizes = crop === undefined
      ? { ...axes, snippets: to - from }
      : { ...axes, snippets: to - from, crops: 1, snippetsFirst: false };
    const read = inOrder(values, sizes, { keepMagnitude: preparation.magnitude });
    return prepareFeatures(read, preparation);
  };
  return {
    crops,
    snippets,
    dim: dim + Number(preparation.magnitude),
    async read(part) {
      if (opened.length === 1) {
        return await readOne(opened[0], { ...part, crop: only ?? part.crop });
      }
      const { crop, ...stretch } = part;
      if (crop !== undefined) return await readOne(opened[crop], stretch);
      const all: VideoFeatures[] = [];
      for (const open of opened) all.push(await readOne(open, stretch));
      return stacked(all);
    },
  };
}

/** Videos of one crop each as one of several. */
function stacked(crops: readonly VideoFeatures[]): VideoFeatures {
  const [{ snippets, dim, length }] = crops;
  const values = new Float32Array(crops.length * snippets * dim);
  crops.forEach((crop, n) => values.set(crop.values, n * snippets * dim));
  return { crops: crops.length, snippets, dim, values, length };
}
