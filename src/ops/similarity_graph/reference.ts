/** Similarity graph in plain double precision loops, which the kernels are compared with. */

import { COSINE_EPSILON } from "./op.ts";

/** The same in plain double precision loops. */
export function similarityGraphReference(
  x: ArrayLike<number>,
  lengths: ArrayLike<number>,
  [B, T, C]: [number, number, number],
  threshold: number,
): Float64Array {
  const graph = new Float64Array(B * T * T);
  for (let b = 0; b < B; b++) {
    const row = (t: number) => (b * T + t) * C;
    const dot = (i: number, j: number) => {
      let sum = 0;
      for (let c = 0; c < C; c++) sum += x[row(i) + c] * x[row(j) + c];
      return sum;
    };
    for (let i = 0; i < lengths[b]; i++) {
      let total = 0;
      for (let j = 0; j < lengths[b]; j++) {
        const cosine = dot(i, j) / (Math.sqrt(dot(i, i)) * Math.sqrt(dot(j, j)) + COSINE_EPSILON);
        const power = Math.exp(cosine > threshold ? cosine : 0);
        graph[(b * T + i) * T + j] = power;
        total += power;
      }
      for (let j = 0; j < lengths[b]; j++) graph[(b * T + i) * T + j] /= total;
    }
  }
  return graph;
}

/** dy [B, T, T], x [B, T, C] -> dx [B, T, C] in plain double precision loops. */
export function similarityGraphGradientReference(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  lengths: ArrayLike<number>,
  [B, T, C]: [number, number, number],
  threshold: number,
): Float64Array {
  const graph = similarityGraphReference(x, lengths, [B, T, C], threshold);
  const dx = new Float64Array(B * T * C);
  for (let b = 0; b < B; b++) {
    const row = (t: number) => (b * T + t) * C, n = lengths[b];
    const dot = (i: number, j: number) => {
      let sum = 0;
      for (let c = 0; c < C; c++) sum += x[row(i) + c] * x[row(j) + c];
      return sum;
    };
    const norms = Array.from({ length: n }, (_, t) => Math.sqrt(dot(t, t)));
    for (let i = 0; i < n; i++) {
      const at = (b * T + i) * T;
      let mean = 0;
      for (let j = 0; j < n; j++) mean += graph[at + j] * dy[at + j];
      for (let j = 0; j < n; j++) {
        const scale = norms[i] * norms[j] + COSINE_EPSILON, cosine = dot(i, j) / scale;
        if (!(cosine > threshold)) continue;
        const slope = graph[at + j] * (dy[at + j] - mean) / scale; // of the product of the two
        for (let c = 0; c < C; c++) {
          const own = x[row(i) + c], other = x[row(j) + c];
          dx[row(i) + c] += slope * (other - cosine * norms[j] * own / norms[i]);
          dx[row(j) + c] += slope * (own - cosine * norms[i] * other / norms[j]);
        }
      }
    }
  }
  return dx;
}
