/**
 * Temporal Gaussian splatting: the peaks of a curve of scores, each spread over the slopes beside
 * it.
 *
 * Source: GS-MoE, D'Amicantonio et al., ICCV 2025, arXiv 2508.06318; the form is jinmang2/wsad's,
 * as no official code was released. Nothing here carries a gradient: the result is a target.
 */

import * as tf from "@tensorflow/tfjs";
import { detach } from "../kernel/detach.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/**
 * What a peak's Gaussian measures distance by, at snippet t of a window of half width w around peak
 * p: `index_std` exp(-(t - p)^2 / 2 sigma^2), sigma the scores' deviation in the window, so a
 * distance in snippets over a spread of scores; `score_std` exp(-(s_t - s_p)^2 / 2 sigma^2);
 * `index_width` exp(-(t - p)^2 / 2 w^2).
 */
export const sigmaModes = ["index_std", "score_std", "index_width"] as const;
export type SigmaMode = typeof sigmaModes[number];

export interface PeakRule {
  /** Snippets on either side that a peak must not lie below. */
  neighbours: number;
  /** A peak is more than this above the lowest of them. */
  prominence: number;
}

export interface SplatRule {
  mode: SigmaMode;
  /** Least deviation of the scores in a window. */
  sigmaFloor: number;
}

/** Stands for "no score" beyond the ends of a curve. */
const FAR = 1e30;

// scores [M, T] -> [M, T], 1 at a peak, else 0. attributes { neighbours, prominence }
defineKernel({
  name: "WsvadPeaks",
  composed: ({ scores }, { neighbours, prominence }) => {
    const highest = ofNeighbours(scores, neighbours, -FAR, tf.maximum);
    const lowest = ofNeighbours(scores, neighbours, FAR, tf.minimum);
    const stands = tf.greater(tf.sub(scores, lowest), prominence);
    return tf.cast(tf.logicalAnd(tf.equal(scores, highest), stands), "float32");
  },
});

/**
 * The largest or smallest of each snippet and its neighbours, [M, T] -> [M, T]; the ends have
 * fewer.
 */
function ofNeighbours(
  scores: tf.Tensor,
  neighbours: number,
  beyond: number,
  better: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const [M, T] = scores.shape;
  const padded = tf.pad(scores, [[0, 0], [neighbours, neighbours]], beyond);
  const shifted = Array.from(
    { length: 2 * neighbours + 1 },
    (_, i) => tf.slice(padded, [0, i], [M, T!]),
  );
  return shifted.reduce((best, other) => better(best, other));
}

// scores, peaks [M, T] -> target [M, T] in [0, 1]. attributes { mode, sigmaFloor }
// One table [M, T, T] over (peak p, snippet t) serves all peaks of a curve, whatever their number.
defineKernel({
  name: "WsvadGaussianSplat",
  composed: ({ scores, peaks }, { mode, sigmaFloor }) => {
    const [M, T] = scores.shape;
    const width = tf.expandDims(halfWidths(scores), 2); // [M, T, 1]
    const place = tf.range(0, T!, 1); // [T]
    // [1, T, T]
    const apart = tf.abs(tf.sub(tf.reshape(place, [1, 1, T!]), tf.reshape(place, [1, T!, 1])));
    const inside = tf.cast(tf.lessEqual(apart, width), "float32"); // [M, T, T]
    const count = tf.sum(inside, 2, true); // [M, T, 1]
    const values = tf.reshape(scores, [M, 1, T!]), own = tf.reshape(scores, [M, T!, 1]);
    const mean = tf.div(tf.sum(tf.mul(inside, values), 2, true), count);
    const squares = tf.sum(tf.mul(inside, tf.square(tf.sub(values, mean))), 2, true);
    const variance = tf.div(squares, tf.maximum(tf.sub(count, 1), 1)); // unbiased
    const sigma = tf.maximum(tf.sqrt(variance), sigmaFloor); // [M, T, 1]
    const distance = mode === "score_std" ? tf.sub(values, own) : apart;
    const unit = mode === "index_width" ? width : sigma;
    const bell = tf.exp(tf.mul(-0.5, tf.square(tf.div(distance, unit)))); // [M, T, T]
    const high = tf.cast(tf.greaterEqual(values, tf.sub(own, sigma)), "float32");
    const splats = tf.mul(tf.mul(bell, inside), tf.mul(high, tf.expandDims(peaks, 2)));
    return tf.minimum(tf.sum(splats, 1), 1);
  },
});

/**
 * Snippets by which each curve falls without a rise on the shorter of the two sides, at least 1:
 * scores [M, T] -> [M, T]. A snippet's slope reaches back to the last place at which the walk away
 * from it must stop.
 */
function halfWidths(scores: tf.Tensor): tf.Tensor {
  const [M, T] = scores.shape;
  if (T === 1) return tf.ones([M, 1]);
  const earlier = tf.slice(scores, [0, 0], [M, T! - 1]);
  const later = tf.slice(scores, [0, 1], [M, T! - 1]);
  const end = tf.ones([M, 1]);
  const leftStops = tf.concat([end, tf.cast(tf.greater(earlier, later), "float32")], 1); // [M, T]
  const rightStops = tf.concat([tf.cast(tf.greater(later, earlier), "float32"), end], 1);
  const place = tf.range(0, T!, 1);
  const here = tf.reshape(place, [1, T!, 1]), there = tf.reshape(place, [1, 1, T!]);
  const notAfter = tf.cast(tf.lessEqual(there, here), "float32"); // [1, T, T]
  const notBefore = tf.cast(tf.greaterEqual(there, here), "float32");
  // The last stop at or before each snippet, and the first at or after it:
  // places count from the far end.
  const last = tf.max(tf.mul(tf.mul(notAfter, there), tf.expandDims(leftStops, 1)), 2); // [M, T]
  const fromEnd = tf.sub(T! - 1, there);
  const first = tf.max(tf.mul(tf.mul(notBefore, fromEnd), tf.expandDims(rightStops, 1)), 2);
  const left = tf.sub(place, last);
  const right = tf.sub(tf.sub(T! - 1, first), place);
  return tf.maximum(tf.minimum(left, right), 1);
}

/**
 * scores [M, T] -> [M, T], 1 at a peak: not below any neighbour, and well above the lowest;
 * plateaus have several.
 */
export function peaksOf(scores: tf.Tensor, { neighbours, prominence }: PeakRule): tf.Tensor {
  return detach(runKernel("WsvadPeaks", { scores }, { neighbours, prominence }));
}

/**
 * The target of each curve: 1 at its peaks, less beside them as far as the curve falls, 0
 * elsewhere. A curve without a peak has a target of zeros.
 *
 * @param scores [M, T] in [0, 1]
 * @param peaks [M, T], of {@link peaksOf}
 * @returns [M, T] in [0, 1]
 */
export function gaussianSplat(
  scores: tf.Tensor,
  peaks: tf.Tensor,
  { mode, sigmaFloor }: SplatRule,
): tf.Tensor {
  return detach(runKernel("WsvadGaussianSplat", { scores, peaks }, { mode, sigmaFloor }));
}
