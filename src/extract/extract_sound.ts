/** Features of a sound: examples of 0.96 s of its log-mel spectrogram, as their samples come. */

import { fault } from "../fault.ts";
import { decodeSound } from "../video/decode_sound.ts";
import { EXAMPLE_HOP, EXAMPLE_SAMPLES, frameCount, logMelExamples } from "../video/log_mel.ts";
import type { VideoSource } from "../video/video_source.ts";
import { ClipRows } from "./clip_rows.ts";
import { type ExtractedVideo, type ExtractOptions, requireGoingOn } from "./extracted_video.ts";
import type { Extractor } from "./extractor.ts";
import type { KeptPieces } from "./kept_pieces.ts";

/**
 * "Frames" of the result are whole rows of the spectrogram, 10 ms apart.
 *
 * @throws a fault, as {@link extractVideo}
 */
export async function extractSound(
  source: VideoSource,
  extractor: Extractor,
  { batch, onFrame, stop }: ExtractOptions,
  kept: KeptPieces,
): Promise<Omit<ExtractedVideo, "rows">> {
  let damage: string | null = null, row = 0;
  const onRows = (rows: Float32Array) => {
    kept.write(row, rows);
    row += rows.length / extractor.facts.dim;
  };
  using rows = new ClipRows(extractor, onRows, batch);
  const waiting = new Int16Array(EXAMPLE_SAMPLES);
  let filled = 0, samples = 0, examples = 0;
  for await (const piece of decodeSound(source, (text) => damage = text)) {
    requireGoingOn(stop);
    samples += piece.length;
    onFrame?.(frameCount(samples));
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + EXAMPLE_SAMPLES - filled);
      waiting.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < EXAMPLE_SAMPLES) continue;
      const example = logMelExamples(waiting);
      await rows.add((batch, to) => batch.set(example, to));
      examples++;
      // The frames of an example reach a little into the next one.
      waiting.copyWithin(0, EXAMPLE_HOP);
      filled = EXAMPLE_SAMPLES - EXAMPLE_HOP;
    }
  }
  const frames = frameCount(samples);
  if (examples === 0) {
    throw fault(
      RangeError,
      `Cannot extract features of "${source.name}": its ${samples} samples of sound are less than the ${EXAMPLE_SAMPLES} of one feature (0.975 s); take a longer video`,
    );
  }
  await rows.flush();
  return { shape: [examples, 1, extractor.facts.dim], frames, damage };
}
