/**
 * What a network that runs over a whole video is run over, and in which parts: I3D on Inception-v1
 * as piergiaj's script has it, a feature every 8 frames.
 *
 * Source: piergiaj/pytorch-i3d:extract_features.py.
 */

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
