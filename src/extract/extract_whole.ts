/**
 * Features of a network that runs over the whole video, a feature every 8 frames: I3D on
 * Inception-v1 as piergiaj's script has it. Its passes are worked out in parts with the frames
 * around them that their features see, so that memory does not grow with the video.
 *
 * Source: piergiaj/pytorch-i3d:extract_features.py.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import { decodeFrames } from "../video/decode_frames.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import { packetTimes } from "../video/packet_times.ts";
import type { VideoSource } from "../video/video_source.ts";
import { type ExtractedVideo, type ExtractOptions, requireGoingOn } from "./extracted_video.ts";
import type { Extractor, FrameWay } from "./extractor.ts";
import type { KeptPieces } from "./kept_pieces.ts";
import { partsOfPass, passesOf, rowsOfPass, WHOLE_STEP } from "./whole_passes.ts";

/** Frames that go through the network at once where nobody says how many: conv_1a takes 0.5 GB. */
const FRAMES_AT_ONCE = 320;

/** @throws {RangeError} a fault: features are the mean of other than two places in time */
function requireRows(found: number, expected: number): void {
  if (found === expected) return;
  throw fault(
    RangeError,
    `Cannot extract features of a whole video: its frames make ${found} of them in place of ${expected}; leave backbone.avg_pool at 2 frames`,
  );
}

/** The fewest frames of a part: what its first feature sees, and room for some more. */
const FEWEST_AT_ONCE = 144;

/**
 * One decoding, where the file tells rightly how many frames it has, which the passes depend on;
 * else a second one, once they are counted.
 *
 * @throws a fault, as {@link extractVideo}
 */
export async function extractWhole(
  source: VideoSource,
  extractor: Extractor,
  way: FrameWay,
  options: ExtractOptions,
  kept: KeptPieces,
): Promise<Omit<ExtractedVideo, "rows">> {
  let count = source.pictures?.files.length ?? (await packetTimes(source)).packets;
  for (;;) {
    kept.clear();
    const made = await extractOf(count, source, extractor, way, options, kept);
    if (made.frames === count && made.shape[0] > 0) return made;
    if (made.frames === count) {
      throw fault(
        RangeError,
        `Cannot extract features of "${source.name}": its ${count} frames make no feature, which takes more than ${WHOLE_STEP}; take a longer video`,
      );
    }
    count = made.frames;
  }
}

/** The features of a video of so many frames. */
async function extractOf(
  count: number,
  source: VideoSource,
  extractor: Extractor,
  { lineage, crops }: FrameWay,
  { batch, onFrame, stop }: ExtractOptions,
  kept: KeptPieces,
): Promise<Omit<ExtractedVideo, "rows">> {
  const { facts, recipe } = extractor, side = facts.input[1], numbers = side * side * 3;
  const most = batch === undefined
    ? FRAMES_AT_ONCE
    : Math.max(FEWEST_AT_ONCE, batch * facts.input[0]);
  const passes = passesOf(count).filter(({ first, end }) => rowsOfPass(end - first) > 0);
  const parts = passes.flatMap((pass) => partsOfPass(pass, most));
  // One for all parts: the collector of garbage would let several stand.
  const longest = parts.reduce((most, { first, end }) => Math.max(most, end - first), 0);
  const memory = new Float32Array(longest * numbers);
  let damage: string | null = null;
  let preparer: FramePreparer | null = null;
  let held: ResizedFrame[] = [], firstHeld = 0, frames = 0, next = 0, row = 0;
  const options = { jpeg: recipe.jpeg, onDamage: (text: string) => damage = text };
  for await (const frame of decodeFrames(source, options)) {
    requireGoingOn(stop);
    preparer ??= prepareFrames(frame, lineage, { crops, side });
    const resized = preparer.resize(frame.data);
    held.push(resized === frame.data ? frame.data.slice() : resized);
    frames++;
    onFrame?.(frames);
    while (next < parts.length && parts[next].end === frames) {
      const { first, end, skipped, rows: own } = parts[next++];
      const clip = memory.subarray(0, (end - first) * numbers);
      for (let t = first; t < end; t++) {
        preparer.write(held[t - firstHeld], 0, clip, (t - first) * numbers);
      }
      const features = tf.tidy(() =>
        extractor.network(tf.tensor(clip, [1, end - first, side, side, 3]))
      );
      const values = await features.data() as Float32Array;
      features.dispose();
      requireRows(values.length / facts.dim, rowsOfPass(end - first));
      kept.write(row, values.subarray(skipped * facts.dim, (skipped + own) * facts.dim));
      row += own;
    }
    const needed = parts.slice(next).reduce((least, { first }) => Math.min(least, first), frames);
    if (needed > firstHeld) {
      held = held.slice(needed - firstHeld);
      firstHeld = needed;
    }
  }
  return { shape: [row, 1, facts.dim], frames, damage };
}
