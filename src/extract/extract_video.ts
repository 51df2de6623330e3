/**
 * The features of one video: frames or samples are worked on as they come, so that a video of an
 * hour takes the memory of one of a minute, less its features.
 */

import { poolSegments } from "../data/segments.ts";
import { openSound, openVideo, type VideoSource } from "../video/video_source.ts";
import { extractSnippets } from "./extract_snippets.ts";
import { extractSound } from "./extract_sound.ts";
import { extractWhole } from "./extract_whole.ts";
import type { ExtractedVideo, ExtractOptions } from "./extracted_video.ts";
import type { Extractor, ExtractorPlan } from "./extractor.ts";

/**
 * Looks at what a backbone sees or hears of a video.
 *
 * @param name what messages call it
 * @throws a fault: no such file, or nothing in it that can be decoded
 */
export function openSource(
  path: string,
  { frames }: ExtractorPlan,
  name = path,
): Promise<VideoSource> {
  return frames === null ? openSound(path, name) : openVideo(path, name);
}

/**
 * @param source as {@link openSource} gave it
 * @throws a fault: a video that cannot be decoded, or is too short for its extractor; the
 *     signal
 */
export async function extractVideo(
  source: VideoSource,
  extractor: Extractor,
  options: ExtractOptions = {},
): Promise<ExtractedVideo> {
  const { frames: way, recipe } = extractor;
  const video = way === null
    ? await extractSound(source, extractor, options)
    : way.grid === null
    ? await extractWhole(source, extractor, way, options)
    : await extractSnippets(source, extractor, way, options);
  return { ...video, ...pooled(video, recipe.segments) };
}

/** Snippets to segments, as training pools them. */
function pooled(
  { shape, values }: Pick<ExtractedVideo, "shape" | "values">,
  segments: number | null,
): Pick<ExtractedVideo, "shape" | "values"> {
  if (segments === null) return { shape, values };
  const [snippets, crops, dim] = shape;
  const cropsFirst = swapped(values, snippets, crops, dim);
  const features = { crops, snippets, dim, values: cropsFirst, length: snippets };
  const pool = poolSegments(features, segments, "mean");
  return { shape: [segments, crops, dim], values: swapped(pool.values, crops, segments, dim) };
}

/** [A, B, D] -> [B, A, D]. */
function swapped(values: Float32Array, A: number, B: number, dim: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let a = 0; a < A; a++) {
    for (let b = 0; b < B; b++) {
      const from = (a * B + b) * dim;
      result.set(values.subarray(from, from + dim), (b * A + a) * dim);
    }
  }
  return result;
}
