/** A test video in windows, for models that see only so many snippets at once. */

import type { VideoFeatures } from "../data/video.ts";
import type { Window } from "../contract/slot.ts";

/** A part of a video as the model gets it. */
export interface VideoWindow {
  /** First snippet; beyond the last one where the window holds padding alone. */
  start: number;
  /** Snippets of the window, padding among them. */
  snippets: number;
  /** Those that the model is told are valid. */
  length: number;
}

/**
 * The windows of a video of T snippets.
 *
 * Padded, as VadCLIP's test: one window where T is smaller than it, else floor(T / W) + 1, so that
 * a video of whole windows gets one more of zeros, which is said to be full. Not padded: as many
 * full ones as there are, then the rest.
 */
export function windowsOf(T: number, { snippets: W, padded }: Window): VideoWindow[] {
  const count = padded ? Math.floor(T / W) + 1 : Math.ceil(T / W);
  return Array.from({ length: count }, (_, i) => {
    const start = i * W, left = T - start;
    const length = left > 0 ? Math.min(W, left) : W;
    return { start, snippets: padded ? W : length, length };
  });
}

/**
 * The values of windows of equal size, [windows, N, snippets, D]: zeros where the video has no
 * snippet.
 */
export function windowValues(
  { crops, snippets: T, dim, values }: VideoFeatures,
  windows: VideoWindow[],
): Float32Array {
  const { snippets } = windows[0];
  const out = new Float32Array(windows.length * crops * snippets * dim);
  windows.forEach(({ start, length }, w) => {
    const valid = Math.min(length, Math.max(0, T - start));
    for (let n = 0; n < crops; n++) {
      const from = (n * T + start) * dim, to = (w * crops + n) * snippets * dim;
      out.set(values.subarray(from, from + valid * dim), to);
    }
  });
  return out;
}
