/**
 * How a video is divided among decoders: in pieces of whole batches of the network, so that every
 * clip goes through it in the company that it has when one decoder gives all frames, and its
 * features are the same to the last bit.
 */

import { type PacketTimes, packetTimes, secondsBefore } from "../video/packet_times.ts";
import type { Stretch } from "../video/decode_frames.ts";
import type { VideoSource } from "../video/video_source.ts";

/**
 * Frames that two decoders give both: of the piece that ends the ones behind it. Where they differ,
 * decoding from there on is not what decoding from the beginning gives.
 */
export const SEAM_FRAMES = 4;

/** Frames of a piece, at the least: to seek costs the decoding of half a second to some seconds. */
export const LEAST_FRAMES = 1024;

/** Frames of a video whose places are known before it is decoded. */
export interface KnownFrames {
  frames: number;
  /** Of a file; null of a folder of pictures, of which each is a file. */
  index: PacketTimes | null;
}

/**
 * What is known of the frames.
 *
 * @returns a reason where frames cannot be sought
 * @throws a fault: ffprobe cannot be run
 */
export async function knownFrames(source: VideoSource): Promise<KnownFrames | string> {
  if (source.pictures) return { frames: source.pictures.files.length, index: null };
  const index = await packetTimes(source);
  return index.doubt ?? { frames: index.times.length, index };
}

/**
 * Frames of a piece: snippets that fill whole batches.
 *
 * @param clips of a snippet
 */
export function pieceFrames(
  { snippet, clips, batch }: { snippet: number; clips: number; batch: number },
  least = LEAST_FRAMES,
): number {
  const snippets = batch / greatestDivisor(batch, clips);
  return snippets * snippet * Math.ceil(least / (snippets * snippet));
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Frames [first, end) of a video; end null: all that follow. */
export interface Run {
  first: number;
  end: number | null;
}

/**
 * Runs of neighbouring pieces that are missing, about as many as decoders.
 *
 * @param has whether a piece is there
 */
export function missingRuns(
  frames: number,
  piece: number,
  decoders: number,
  has: (piece: number) => boolean,
): Run[] {
  const pieces = Math.ceil(frames / piece);
  const missing = Array.from({ length: pieces }, (_, i) => i).filter((i) => !has(i));
  const most = Math.ceil(missing.length / decoders);
  const runs: { from: number; until: number }[] = [];
  for (const i of missing) {
    const last = runs.at(-1);
    if (last?.until === i && i - last.from < most) last.until++;
    else runs.push({ from: i, until: i + 1 });
  }
  return runs.map(({ from, until }) => ({
    first: from * piece,
    end: until === pieces ? null : until * piece,
  }));
}

/** What is decoded for a run: its frames and those of the seam behind it. */
export function stretchOf({ first, end }: Run, { frames, index }: KnownFrames): Stretch {
  return {
    first,
    frames: end === null ? null : Math.min(end + SEAM_FRAMES, frames) - first,
    from: index === null || first === 0 ? null : secondsBefore(index, first),
  };
}
