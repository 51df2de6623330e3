/**
 * From the snippets of a video to a fixed number of segments, and what is done to each row after.
 *
 * Everything here works on whole rows of D numbers in [N, T, D] arrays of up to 550 MB, so the
 * inner loops are plain and the edges are computed once per video. Only the first `length` snippets
 * of the features are read; what follows them is padding.
 */

import { fault } from "../fault.ts";
import { requireRoom } from "../io/read_file.ts";
import type { Random } from "../random.ts";
import type { VideoFeatures } from "./video.ts";

/**
 * How T snippets become L segments: mean of a run, one row of it, linear interpolation, or rows
 * drawn at random.
 */
export type Reduction = "mean" | "sample" | "interpolate" | "random";

/** Which L of T rows stand for a video, in order: [L]. */
export type RowChoice = (snippets: number, segments: number) => Int32Array;

/**
 * Edges of the Sultani/RTFM pooling, [L + 1]: segment i is the mean of the rows edges[i] up to, but
 * not including, edges[i + 1], or the single row edges[i] where that range is empty.
 *
 * As `numpy.linspace(0, T, L + 1)` cut to integers: T / L is rounded to a double first and
 * multiplied after. floor(i * T / L) in exact integers is not the same (for L = 200 it differs
 * first at T = 58).
 */
export function poolEdges(snippets: number, segments: number): Int32Array {
  checkCounts("pool", snippets, segments);
  const step = snippets / segments;
  const edges = new Int32Array(segments + 1);
  for (let i = 0; i < segments; i++) edges[i] = Math.floor(i * step);
  edges[segments] = snippets;
  return edges;
}

/**
 * Row of each of L segments when rows are picked instead of averaged: [L], first and last row
 * included.
 */
export function sampleRows(snippets: number, segments: number): Int32Array {
  checkCounts("sample", snippets, segments);
  const rows = new Int32Array(segments);
  if (segments === 1) return rows;
  const step = (snippets - 1) / (segments - 1);
  for (let i = 0; i < segments - 1; i++) rows[i] = Math.floor(i * step);
  rows[segments - 1] = snippets - 1;
  return rows;
}

/**
 * The rows of a video that is drawn anew in every pass: of an anomalous one a row of each of L
 * cells, both ends of the cell included, so that a row may come twice; of a normal one L
 * neighbours, of which the last possible ones are never drawn. Videos of no more than L rows are
 * sampled as {@link sampleRows} does.
 *
 * Source: modadundun/ProDisc-VAD (data loader), after AR-Net.
 */
export function randomRows(anomalous: boolean, random: Random): RowChoice {
  return (snippets, segments) => {
    if (snippets <= segments) return sampleRows(snippets, segments);
    if (!anomalous) {
      const start = random.integer(snippets - segments);
      return Int32Array.from({ length: segments }, (_, i) => start + i);
    }
    const edge = (i: number) => Math.floor(i * snippets / segments);
    return Int32Array.from({ length: segments }, (_, i) => {
      const first = edge(i), last = i < segments - 1 ? edge(i + 1) : first;
      return first + random.integer(last - first + 1);
    });
  };
}

/**
 * Reduces, or stretches, rows to segments as they come, so that a file need not lie whole in
 * memory.
 *
 * `mean` sums rows in float32 one after the other and divides in float32, as numpy does along the
 * first axis. `sample` picks rows. `interpolate` is S3R's image resize along time: half-pixel
 * centres, linear between two rows, clamped to the ends, without anti-aliasing.
 */
export class SegmentPool {
  /** [N, L, D], whole when every row was added. */
  readonly pooled: VideoFeatures;
  readonly #how: Reduction;
  /** The rows of which each segment is made: [L] first and [L] last ones, neither ever falls. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** The share of the last row in an interpolated segment, [L]. */
  readonly #shares: Float64Array;
  /** The segment at which each crop stands. */
  readonly #at: Int32Array;

  /**
   * @param rows which rows stand for the video with `random`, none before its predecessor; those of
   *     `sample` when absent
   * @throws {RangeError} without a snippet, or with `segments` below 1
   */
  constructor(
    { crops, snippets, dim }: Pick<VideoFeatures, "crops" | "snippets" | "dim">,
    segments: number,
    how: Reduction,
    rows: RowChoice = sampleRows,
  ) {
    this.pooled = emptyFeatures({ crops, length: snippets, dim }, segments, segments);
    this.#how = how;
    this.#at = new Int32Array(crops);
    this.#shares = new Float64Array(segments);
    if (how === "interpolate") {
      const positions = Float64Array.from({ length: segments }, (_, s) => {
        const centre = (s + 0.5) * (snippets / segments) - 0.5;
        return Math.min(Math.max(centre, 0), snippets - 1);
      });
      this.#first = Int32Array.from(positions, Math.floor);
      this.#last = this.#first.map((row) => Math.min(row + 1, snippets - 1));
      this.#shares.set(positions.map((position, s) => position - this.#first[s]));
    } else if (how !== "mean") {
      const chosen = how === "random" ? rows : sampleRows;
      this.#first = this.#last = chosen(snippets, segments);
    } else {
      const edges = poolEdges(snippets, segments);
      this.#first = edges.slice(0, segments);
      this.#last = this.#first.map((row, s) => Math.max(row, edges[s + 1] - 1));
    }
  }

  /**
   * Adds row t of crop n, the rows of each crop in their order.
   *
   * @param at place of its first value in `rows`
   */
  add(n: number, t: number, rows: Float32Array, at: number): void {
    const { snippets: segments, dim, values } = this.pooled;
    let s = this.#at[n];
    while (s < segments && this.#last[s] < t) s++;
    this.#at[n] = s;
    for (; s < segments && this.#first[s] <= t; s++) {
      const to = (n * segments + s) * dim;
      const begins = t === this.#first[s], ends = t === this.#last[s];
      if (begins) values.set(rows.subarray(at, at + dim), to);
      if (this.#how === "interpolate") {
        if (ends) this.#mix(to, rows, at, this.#shares[s]);
        continue;
      }
      // Stores to a Float32Array round each sum to float32, which is what the reference accumulates
      // in.
      if (!begins) { for (let d = 0; d < dim; d++) values[to + d] += rows[at + d]; }
      const count = t - this.#first[s] + 1;
      if (ends && count > 1) { for (let d = 0; d < dim; d++) values[to + d] /= count; }
    }
  }

  #mix(to: number, rows: Float32Array, at: number, share: number): void {
    const { dim, values } = this.pooled;
    for (let d = 0; d < dim; d++) values[to + d] += share * (rows[at + d] - values[to + d]);
  }
}

/**
 * The valid snippets of [N, T, D] as [N, L, D] by {@link SegmentPool}; a copy.
 *
 * @param rows which rows stand for the video with `random`; those of `sample` when absent
 * @throws as {@link SegmentPool}
 */
export function poolSegments(
  features: VideoFeatures,
  segments: number,
  how: Reduction,
  rows?: RowChoice,
): VideoFeatures {
  const { crops, snippets, dim, values, length } = features;
  const pool = new SegmentPool({ crops, snippets: length, dim }, segments, how, rows);
  for (let n = 0; n < crops; n++) {
    for (let t = 0; t < length; t++) pool.add(n, t, values, (n * snippets + t) * dim);
  }
  return pool.pooled;
}

/**
 * VadCLIP's form of a training video: longer than L it is reduced to L segments, otherwise it keeps
 * its T snippets and gets rows of zeros up to L; `length` is then T. A copy.
 */
export function padSegments(
  features: VideoFeatures,
  segments: number,
  how: Reduction,
  rows?: RowChoice,
): VideoFeatures {
  if (features.length > segments) return poolSegments(features, segments, how, rows);
  const padded = emptyFeatures(features, segments, features.length);
  const row = features.length * features.dim;
  for (let n = 0; n < features.crops; n++) {
    const from = n * features.snippets * features.dim;
    padded.values.set(features.values.subarray(from, from + row), n * segments * features.dim);
  }
  return padded;
}

/** Scales every row to L2 norm 1, **in place**; rows of zeros stay zero. Returns its argument. */
export function normalizeSnippets(features: VideoFeatures): VideoFeatures {
  const { values, dim } = features;
  for (let row = 0; row < values.length; row += dim) {
    const norm = rowNorm(values, row, dim);
    if (norm === 0) continue;
    for (let d = row; d < row + dim; d++) values[d] /= norm;
  }
  return features;
}

/** Appends the L2 norm of every row as one more channel: [N, T, D] to [N, T, D + 1]; a copy. */
export function appendMagnitude(features: VideoFeatures): VideoFeatures {
  const { crops, snippets, dim, values, length } = features;
  const rows = crops * snippets;
  const wide = new Float32Array(rows * (dim + 1));
  for (let r = 0; r < rows; r++) {
    const from = r * dim;
    const to = r * (dim + 1);
    for (let d = 0; d < dim; d++) wide[to + d] = values[from + d];
    wide[to + dim] = rowNorm(values, from, dim);
  }
  return { crops, snippets, dim: dim + 1, values: wide, length };
}

function rowNorm(values: Float32Array, row: number, dim: number): number {
  let squares = 0;
  for (let d = row; d < row + dim; d++) squares += values[d] * values[d];
  return Math.sqrt(squares);
}

function emptyFeatures(
  source: Pick<VideoFeatures, "crops" | "length" | "dim">,
  snippets: number,
  length: number,
): VideoFeatures {
  checkCounts("reduce", source.length, snippets);
  const { crops, dim } = source;
  requireRoom(
    4 * crops * snippets * dim,
    `Cannot reduce a video to [${crops}, ${snippets}, ${dim}]`,
    "lower data.segments or data.segments_test",
  );
  return { crops, snippets, dim, values: new Float32Array(crops * snippets * dim), length };
}

function checkCounts(verb: string, snippets: number, segments: number): void {
  for (const [what, count] of [["snippets", snippets], ["segments", segments]] as const) {
    if (!Number.isInteger(count) || count < 1) {
      throw fault(
        RangeError,
        `Cannot ${verb} ${snippets} snippets to ${segments} segments: the number of ${what} must be a positive integer`,
      );
    }
  }
}
