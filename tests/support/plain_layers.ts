/**
 * Layers in plain double precision arithmetic, on rows of numbers: what parts of models are
 * compared with.
 */

import { geluReference } from "../../src/ops/gelu/reference.ts";

/** Snippets by channels. */
export type Rows = number[][];

type Numbers = ArrayLike<number>;

/** x [..., width], flattened, as rows. */
export function rowsOf(x: Numbers, width: number): Rows {
  return Array.from(
    { length: x.length / width },
    (_, i) => Array.from(x).slice(i * width, (i + 1) * width),
  );
}

/** x [R, T, width], flattened, as R times T rows. */
export function sequencesOf(x: Numbers, T: number, width: number): Rows[] {
  return rowsOf(x, T * width).map((sequence) => rowsOf(sequence, width));
}

export function each(x: Rows, f: (value: number) => number): Rows {
  return x.map((row) => row.map(f));
}

export function plus(x: Rows, y: Rows): Rows {
  return x.map((row, i) => row.map((value, c) => value + y[i][c]));
}

/** Rows with the channels of all, side by side. */
export function beside(...parts: Rows[]): Rows {
  return parts[0].map((_, i) => parts.flatMap((part) => part[i]));
}

export function dot(x: number[], y: number[]): number {
  return x.reduce((sum, value, i) => sum + value * y[i], 0);
}

export function sumOf(x: number[]): number {
  return x.reduce((sum, value) => sum + value, 0);
}

/** x W^T + b for W [outputs, inputs]. */
export function dense(x: Rows, weight: Numbers, bias?: Numbers): Rows {
  const matrix = rowsOf(weight, x[0].length);
  return x.map((row) => matrix.map((w, o) => dot(row, w) + (bias?.[o] ?? 0)));
}

/** A convolution over time of W [outputs, inputs, taps], zeros beyond the ends. */
export function conv(
  x: Rows,
  weight: Numbers,
  bias: Numbers | undefined,
  { taps = 3, dilation = 1 } = {},
): Rows {
  const inputs = x[0].length, outputs = weight.length / inputs / taps;
  return x.map((_, t) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = bias?.[o] ?? 0;
      for (let tap = 0; tap < taps; tap++) {
        const row = x[t + (tap - (taps - 1) / 2) * dilation];
        for (let c = 0; row && c < inputs; c++) {
          sum += weight[(o * inputs + c) * taps + tap] * row[c];
        }
      }
      return sum;
    })
  );
}

/** Mean and variance, divided by the number of values. */
export function momentsOf(x: number[]): { mean: number; variance: number } {
  const mean = sumOf(x) / x.length;
  return { mean, variance: sumOf(x.map((value) => (value - mean) ** 2)) / x.length };
}

/** A layer norm: each row by its own moments. */
export function layerNormed(x: Rows, gain: Numbers, offset: Numbers, epsilon = 1e-5): Rows {
  return x.map((row) => {
    const { mean, variance } = momentsOf(row);
    return row.map((value, c) =>
      (value - mean) / Math.sqrt(variance + epsilon) * gain[c] + offset[c]
    );
  });
}

/** A batch norm: each channel by the moments of all rows, or by given ones. */
export function batchNormed(
  x: Rows,
  gain: Numbers,
  offset: Numbers,
  { epsilon = 1e-5, mean, variance }: { epsilon?: number; mean?: Numbers; variance?: Numbers } = {},
): Rows {
  const own = x[0].map((_, c) => momentsOf(x.map((row) => row[c])));
  return x.map((row) =>
    row.map((value, c) => {
      const centre = mean?.[c] ?? own[c].mean, spread = variance?.[c] ?? own[c].variance;
      return (value - centre) / Math.sqrt(spread + epsilon) * gain[c] + offset[c];
    })
  );
}

/** A group norm of one sequence: each group of channels by its moments over all of time. */
export function groupNormed(
  x: Rows,
  gain: Numbers,
  offset: Numbers,
  groups: number,
  epsilon = 1e-5,
): Rows {
  const width = x[0].length / groups;
  const moments = Array.from(
    { length: groups },
    (_, g) => momentsOf(x.flatMap((row) => row.slice(g * width, (g + 1) * width))),
  );
  return x.map((row) =>
    row.map((value, c) => {
      const { mean, variance } = moments[Math.floor(c / width)];
      return (value - mean) / Math.sqrt(variance + epsilon) * gain[c] + offset[c];
    })
  );
}

export const relu = (x: number) => Math.max(0, x);
export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
export const gelu = geluReference;
export const quickGelu = (x: number) => x * sigmoid(1.702 * x);

export function softmaxOf(x: number[]): number[] {
  const powers = x.map(Math.exp);
  return powers.map((power) => power / sumOf(powers));
}

/** Attention with heads side by side: softmax(scale q k^T) v. */
export function attended(q: Rows, k: Rows, v: Rows, heads: number, scale: number): Rows {
  const width = q[0].length / heads;
  return q.map((query) =>
    Array.from({ length: heads }, (_, h) => {
      const cut = (row: number[]) => row.slice(h * width, (h + 1) * width);
      const weights = softmaxOf(k.map((key) => scale * dot(cut(query), cut(key))));
      return Array.from(
        { length: width },
        (_, c) => sumOf(weights.map((weight, s) => weight * cut(v[s])[c])),
      );
    }).flat()
  );
}

/** The mean of the k largest. */
export function bestMeanOf(x: number[], k: number): number {
  return sumOf([...x].sort((a, b) => b - a).slice(0, k)) / k;
}

/** The mean over the crops of x [B, N, ...], flattened: [B, ...]. */
export function cropMeanOf(x: Numbers, B: number, N: number): number[] {
  return rowsOf(x, x.length / B).flatMap((video) => {
    const crops = rowsOf(video, video.length / N);
    return crops[0].map((_, i) => sumOf(crops.map((crop) => crop[i])) / N);
  });
}

/** The places of the k largest, largest first. */
export function bestOf(x: number[], k: number): number[] {
  return x.map((_, i) => i).sort((i, j) => x[j] - x[i]).slice(0, k);
}

/**
 * The mean score of the K snippets of each video whose vectors are longest on average over the
 * crops.
 */
export function selectedScores(
  f: Rows,
  scores: number[],
  { B, N, T, K }: Record<"B" | "N" | "T" | "K", number>,
): number[] {
  const lengths = cropMeanOf(f.map((row) => Math.hypot(...row)), B, N);
  return rowsOf(lengths, T).map((video, b) =>
    sumOf(bestOf(video, K).map((t) => scores[b * T + t])) / K
  );
}
