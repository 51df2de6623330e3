/** Scores that are smoothed over time before they are compared with the ground truth. */

import { fault } from "../fault.ts";

/** none; slide: the mean of a snippet and those behind it; fixed: the mean of its block. */
export const smoothingRules = ["none", "slide", "fixed"] as const;

export interface Smoothing {
  rule: typeof smoothingRules[number];
  /** Snippets that a mean is taken of. */
  width: number;
}

/**
 * The scores of one video, smoothed; a copy.
 *
 * `slide`: (s[t] + ... + s[t + width - 1]) / width, zeros behind the end: it looks ahead, and the
 * last values sink. `fixed`: blocks of `width` from the start on, each value the mean of its block;
 * the last one is filled up with zeros.
 *
 * Source: yujiangpu20/PEL4VAD (inference).
 */
export function smoothScores(scores: Float32Array, { rule, width }: Smoothing): Float32Array {
  if (!Number.isInteger(width) || width < 1) {
    throw fault(RangeError, `Cannot smooth scores over ${width} snippets; set eval.smooth.width`);
  }
  if (rule === "none") return scores.slice();
  return scores.map((_, t) => {
    const from = rule === "slide" ? t : t - t % width;
    let sum = 0;
    for (let i = from; i < Math.min(from + width, scores.length); i++) sum += scores[i];
    return sum / width;
  });
}

/** The rule in words, to stand beside numbers; null where nothing is smoothed. */
export function smoothingText(smoothing: Smoothing | undefined): string | null {
  if (smoothing === undefined || smoothing.rule === "none") return null;
  const { rule, width } = smoothing;
  return rule === "slide"
    ? `slide ${width}: each score the mean of itself and the ${width - 1} behind it`
    : `fixed ${width}: each score the mean of its block of ${width} snippets`;
}
