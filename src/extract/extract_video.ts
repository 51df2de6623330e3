/**
 * The features of one video: frames or samples are worked on as they come, so that a video of an
 * hour takes the memory of one of a minute, less its features.
 */

import { SegmentPool } from "../data/segments.ts";
import { memoryFaultOf } from "../device/memory_fault.ts";
import { openSound, openVideo, type VideoSource } from "../video/video_source.ts";
import { extractSnippets } from "./extract_snippets.ts";
import { extractSound } from "./extract_sound.ts";
import { extractWhole } from "./extract_whole.ts";
import type { ExtractedVideo, ExtractOptions } from "./extracted_video.ts";
import type { Extractor, ExtractorPlan } from "./extractor.ts";
import { RowsInMemory } from "./feature_rows.ts";
import { KeptPieces, type PiecesPlace } from "./kept_pieces.ts";

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
 * Calls `use` with the features of a video, which are gone when it has ended.
 *
 * @param source as {@link openSource} gave it
 * @param place where features lie until all are there, for another run that goes on with them;
 *     absent: in memory
 * @throws a fault: a video that cannot be decoded, or is too short for its extractor; the
 *     signal; what `use` throws
 */
export async function extractVideo<T>(
  source: VideoSource,
  extractor: Extractor,
  options: ExtractOptions,
  place: PiecesPlace | null,
  use: (video: ExtractedVideo) => Promise<T>,
): Promise<T> {
  const { frames: way, recipe } = extractor;
  using kept = new KeptPieces(extractor.facts.dim, place);
  const work = way === null
    ? extractSound(source, extractor, options, kept)
    : way.grid === null
    ? extractWhole(source, extractor, way, options, kept)
    : extractSnippets(source, extractor, way, options, kept);
  const made = await work.catch((error) => {
    throw extractionError(error, source.name);
  });
  const video = { ...made, rows: kept.rows };
  const result = await use(recipe.segments === null ? video : pooled(video, recipe.segments));
  kept.done();
  return result;
}

/** An error of the device while features are made: where its memory is full, what takes less. */
export function extractionError(error: unknown, name: string): unknown {
  const attempted = `Cannot extract features of "${name}"`;
  return memoryFaultOf(error, attempted, "lower --batch of wsvad extract");
}

/** Snippets to segments, as training pools them, some rows at a time. */
function pooled(video: ExtractedVideo, segments: number): ExtractedVideo {
  const { shape: [snippets, crops, dim], rows } = video;
  const pool = new SegmentPool({ crops, snippets, dim }, segments, "mean");
  for (let t = 0; t < snippets; t++) {
    const ofSnippet = rows.read(t * crops, crops);
    for (let n = 0; n < crops; n++) pool.add(n, t, ofSnippet, n * dim);
  }
  const { values } = pool.pooled, inOrder = new RowsInMemory(dim);
  for (let s = 0; s < segments; s++) {
    for (let n = 0; n < crops; n++) {
      const at = (n * segments + s) * dim;
      inOrder.write(s * crops + n, values.subarray(at, at + dim));
    }
  }
  return { ...video, shape: [segments, crops, dim], rows: inOrder };
}
