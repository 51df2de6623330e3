/** Gaussian splat in plain double precision loops, which the kernels are compared with. */

import { type PeakRule, type SplatRule } from "./op.ts";

/** scores [M, T] -> [M, T] in plain loops. */
export function peaksReference(
  scores: ArrayLike<number>,
  [M, T]: [number, number],
  { neighbours, prominence }: PeakRule,
): Float64Array {
  return Float64Array.from({ length: M * T }, (_, at) => {
    const row = at - at % T, i = at % T;
    const near = [];
    for (let t = Math.max(0, i - neighbours); t <= Math.min(T - 1, i + neighbours); t++) {
      near.push(scores[row + t]);
    }
    const own = scores[at];
    return Number(near.every((score) => own >= score) && own - Math.min(...near) > prominence);
  });
}

/** scores, peaks [M, T] -> [M, T], peak by peak in double precision. */
export function gaussianSplatReference(
  scores: ArrayLike<number>,
  peaks: ArrayLike<number>,
  [M, T]: [number, number],
  { mode, sigmaFloor }: SplatRule,
): Float64Array {
  const target = new Float64Array(M * T);
  for (let m = 0; m < M; m++) {
    const s = Array.from({ length: T }, (_, t) => scores[m * T + t]);
    for (let p = 0; p < T; p++) {
      if (!peaks[m * T + p]) continue;
      let left = 0, right = 0;
      while (p - left > 0 && s[p - left - 1] <= s[p - left]) left++;
      while (p + right < T - 1 && s[p + right + 1] <= s[p + right]) right++;
      const w = Math.max(Math.min(left, right), 1);
      const start = Math.max(0, p - w), end = Math.min(T - 1, p + w);
      const window = s.slice(start, end + 1);
      const mean = window.reduce((sum, x) => sum + x) / window.length;
      const squares = window.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      const sigma = Math.max(Math.sqrt(squares / Math.max(window.length - 1, 1)), sigmaFloor);
      for (let t = start; t <= end; t++) {
        if (s[t] < s[p] - sigma) continue;
        const distance = mode === "score_std" ? s[t] - s[p] : t - p;
        const unit = mode === "index_width" ? w : sigma;
        target[m * T + t] += Math.exp(-(distance ** 2) / (2 * unit ** 2));
      }
    }
  }
  return target.map((value) => Math.min(1, value));
}
