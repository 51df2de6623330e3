/**
 * Features of a network that runs over the whole video, a feature every 8 frames: I3D on
 * Inception-v1 as piergiaj's script has it. Its passes are worked out in parts with the frames
 * around them that their features see, so that memory does not grow with the video.
 *
 * Source: piergiaj/pytorch-i3d:extract_features.py.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import { countFrames, decodeFrames } from "../video/decode_frames.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import type { VideoSource } from "../video/video_source.ts";
import { joined } from "./clip_rows.ts";
import { type ExtractedVideo, type ExtractOptions, requireGoingOn } from "./extract_video.ts";
import type { Extractor, FrameWay } from "./extractor.ts";

/** Frames from one feature to the next. */
export const WHOLE_STEP = 8;

/** Of more frames than this, the script makes passes that overlap. */
const LONGEST_PASS = 1600;
/** Frames of a pass before and behind its own. */
const PASS_BEFORE = 48, PASS_BEHIND = 56;

/**
 * Frames that a feature sees before its first own one, and from there on: through the seven frames
 * of the first convolution, eight of three frames at three strides, and the pools between.
 */
const SEEN_BEFORE = 47, SEEN_FROM_FIRST = 63;

/** Frames that go through the network at once where nobody says how many: conv_1a takes 0.5 GB. */
const FRAMES_AT_ONCE = 320;

/** Frames [first, end) of a video. */
export interface Stretch {
  first: number;
  end: number;
}

/** What the script runs its network over: all frames, or stretches that overlap. */
export function passesOf(frames: number): Stretch[] {
  if (frames <= LONGEST_PASS) return [{ first: 0, end: frames }];
  const passes: Stretch[] = [];
  for (let start = 1; start < frames - PASS_BEHIND; start += LONGEST_PASS) {
    passes.push({
      first: Math.max(1, start - PASS_BEFORE),
      end: Math.min(frames - 1, start + LONGEST_PASS + PASS_BEHIND),
    });
  }
  return passes;
}

/** Features of a pass of so many frames. */
export function rowsOfPass(frames: number): number {
  return Math.max(0, Math.ceil(frames / WHOLE_STEP) - 1);
}

/** A part of a pass: its frames, and which of the features that they make are the pass's. */
export interface PassPart extends Stretch {
  /** Features of the part that are left out at its beginning. */
  skipped: number;
  rows: number;
}

/**
 * The parts of a pass, of at most so many frames. Each begins at a multiple of 8 frames and has the
 * remainder of the pass modulo 8, since padding goes by that.
 */
export function partsOfPass({ first, end }: Stretch, most: number): PassPart[] {
  const length = end - first, rows = rowsOfPass(length);
  if (length <= most) return [{ first, end, skipped: 0, rows }];
  const before = WHOLE_STEP * Math.ceil(SEEN_BEFORE / WHOLE_STEP);
  const parts: PassPart[] = [];
  for (let row = 0; row < rows;) {
    const begin = Math.max(0, row * WHOLE_STEP - before);
    const over = length - begin - most;
    const stop = over <= 0 ? length : begin + most - (WHOLE_STEP - over % WHOLE_STEP) % WHOLE_STEP;
    const until = stop === length ? rows : Math.floor((stop - SEEN_FROM_FIRST) / WHOLE_STEP) + 1;
    const skipped = row - begin / WHOLE_STEP;
    parts.push({ first: first + begin, end: first + stop, skipped, rows: until - row });
    row = until;
  }
  return parts;
}

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

/** @throws a fault, as {@link extractVideo} */
export async function extractWhole(
  source: VideoSource,
  extractor: Extractor,
  { lineage, crops }: FrameWay,
  { batch, onFrame, stop }: ExtractOptions,
): Promise<ExtractedVideo> {
  const { facts, recipe } = extractor, side = facts.input[1], numbers = side * side * 3;
  const count = await countFrames(source, stop);
  const most = batch === undefined
    ? FRAMES_AT_ONCE
    : Math.max(FEWEST_AT_ONCE, batch * facts.input[0]);
  const passes = passesOf(count);
  if (rowsOfPass(passes[0].end - passes[0].first) === 0) {
    throw fault(
      RangeError,
      `Cannot extract features of "${source.path}": its ${count} frames make no feature, which takes more than ${WHOLE_STEP}; take a longer video`,
    );
  }
  const parts = passes.flatMap((pass) => partsOfPass(pass, most));
  const pieces: Float32Array[] = [];
  let damage: string | null = null;
  let preparer: FramePreparer | null = null;
  let held: ResizedFrame[] = [], firstHeld = 0, frames = 0, next = 0;
  const options = { jpeg: recipe.jpeg, onDamage: (text: string) => damage = text };
  for await (const frame of decodeFrames(source, options)) {
    requireGoingOn(stop);
    preparer ??= prepareFrames(frame, lineage, { crops, side });
    const resized = preparer.resize(frame.data);
    held.push(resized === frame.data ? frame.data.slice() : resized);
    frames++;
    onFrame?.(frames);
    while (next < parts.length && parts[next].end === frames) {
      const { first, end, skipped, rows } = parts[next++];
      const clip = new Float32Array((end - first) * numbers);
      for (let t = first; t < end; t++) {
        preparer.write(held[t - firstHeld], 0, clip, (t - first) * numbers);
      }
      const features = tf.tidy(() =>
        extractor.network(tf.tensor(clip, [1, end - first, side, side, 3]))
      );
      const values = await features.data() as Float32Array;
      features.dispose();
      requireRows(values.length / facts.dim, rowsOfPass(end - first));
      pieces.push(values.slice(skipped * facts.dim, (skipped + rows) * facts.dim));
    }
    const needed = parts.slice(next).reduce((least, { first }) => Math.min(least, first), frames);
    if (needed > firstHeld) {
      held = held.slice(needed - firstHeld);
      firstHeld = needed;
    }
  }
  const values = joined(pieces);
  return { shape: [values.length / facts.dim, 1, facts.dim], values, frames, damage };
}
