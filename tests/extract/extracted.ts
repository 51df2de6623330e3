/** The features of a video in memory, for tests. */

import { extractVideo } from "../../src/extract/extract_video.ts";
import type { ExtractedVideo, ExtractOptions } from "../../src/extract/extracted_video.ts";
import type { Extractor } from "../../src/extract/extractor.ts";
import type { PiecesPlace } from "../../src/extract/kept_pieces.ts";
import type { VideoSource } from "../../src/video/video_source.ts";

/** As `extractVideo`, with its numbers. */
export function extracted(
  source: VideoSource,
  extractor: Extractor,
  options: ExtractOptions = {},
  place: PiecesPlace | null = null,
): Promise<Omit<ExtractedVideo, "rows"> & { values: Float32Array }> {
  return extractVideo(source, extractor, options, place, ({ rows, ...told }) => {
    const [snippets, crops] = told.shape;
    return Promise.resolve({ ...told, values: rows.read(0, snippets * crops).slice() });
  });
}
