/** What is done to features between the file and the model. */

import type { DataConfig } from "../config/schema/data.ts";
import type { FileFeatures } from "./feature_file.ts";
import {
  appendMagnitude,
  normalizeSnippets,
  padSegments,
  poolSegments,
  type RowChoice,
} from "./segments.ts";
import type { VideoFeatures } from "./video.ts";

/** The keys of the section `data` that say what is done. */
export type Preparation = Pick<DataConfig, "reduce" | "pad" | "normalize" | "magnitude">;

/**
 * Reduces (or pads) to segments, normalises and appends the magnitude, in this order: the magnitude
 * of pooled features is the norm of the mean, not the mean of the norms. May change its argument.
 *
 * A magnitude channel that came with the file is kept where it is still true, and made anew where
 * not.
 *
 * @param segments null for full length; features that have as many snippets are left as they are
 * @param rows of a video that is longer, with `reduce: random`
 */
export function prepareFeatures(
  features: VideoFeatures | FileFeatures,
  { reduce, pad, normalize, magnitude }: Preparation,
  segments: number | null = null,
  rows?: RowChoice,
): VideoFeatures {
  const pooling = segments !== null && segments !== features.snippets;
  let prepared: VideoFeatures = features;
  let measured = "magnitude" in features && features.magnitude;
  if (measured && (pooling || normalize !== "none" || !magnitude)) {
    prepared = withoutLastChannel(prepared);
    measured = false;
  }
  if (pooling) prepared = (pad ? padSegments : poolSegments)(prepared, segments, reduce, rows);
  if (normalize === "l2") prepared = normalizeSnippets(prepared);
  if (magnitude && !measured) prepared = appendMagnitude(prepared);
  const { crops, snippets, dim, values, length } = prepared;
  return { crops, snippets, dim, values, length };
}

function withoutLastChannel(features: VideoFeatures): VideoFeatures {
  const { crops, snippets, dim, values, length } = features;
  const kept = new Float32Array(crops * snippets * (dim - 1));
  for (let row = 0; row < crops * snippets; row++) {
    kept.set(values.subarray(row * dim, (row + 1) * dim - 1), row * (dim - 1));
  }
  return { crops, snippets, dim: dim - 1, values: kept, length };
}
