/** Dual branch attention in plain double precision loops, which the kernels are compared with. */

import { DECAY_SCALE } from "./op.ts";
import { attentionGradientReference, attentionReference } from "../attention/reference.ts";
import { distanceDecayReference } from "../distance_decay/reference.ts";

/** x [R, T, 4 C] -> [R, T, 2 C] in plain double precision loops. */
export function dualBranchAttentionReference(
  x: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  heads: number,
): Float64Array {
  const d = C / heads, y = new Float64Array(R * T * 2 * C);
  const sums = massReference(T);
  for (let head = 0; head < heads; head++) {
    const [q, k, v, t] = [0, 1, 2, 3].map((chunk) =>
      columns(x, [R, T, 4 * C], chunk * C + head * d, d)
    );
    const byContent = attentionReference(q, k, v, [R, T, T, d, d], 1 / Math.sqrt(d));
    const shares = t.map((value, i) => value / sums[Math.floor(i / d) % T]);
    const byDistance = distanceDecayReference(shares, [R, T, d], DECAY_SCALE);
    for (let i = 0; i < R * T * d; i++) {
      const out = Math.floor(i / d) * 2 * C + head * 2 * d + i % d;
      y[out] = byContent[i];
      y[out + d] = byDistance[i];
    }
  }
  return y;
}

/** Columns [start, start + d) of x [R, T, width]: [R, T, d]. */
function columns(
  x: ArrayLike<number>,
  [R, T, width]: [number, number, number],
  start: number,
  d: number,
): Float64Array {
  return Float64Array.from(
    { length: R * T * d },
    (_, i) => x[Math.floor(i / d) * width + start + i % d],
  );
}

function massReference(T: number): number[] {
  return Array.from({ length: T }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < T; k++) sum += Math.exp(-Math.abs(j - k) / DECAY_SCALE);
    return sum;
  });
}

/** Gradient by x of sum(dy y): x [R, T, 4 C], dy [R, T, 2 C] -> [R, T, 4 C]. */
export function dualBranchGradientReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  [R, T, C]: [number, number, number],
  heads: number,
): Float64Array {
  const d = C / heads, dx = new Float64Array(R * T * 4 * C);
  const sums = massReference(T);
  for (let head = 0; head < heads; head++) {
    const [q, k, v] = [0, 1, 2].map((chunk) => columns(x, [R, T, 4 * C], chunk * C + head * d, d));
    const [slope, distanceSlope] = [0, 1].map((branch) =>
      columns(dy, [R, T, 2 * C], (2 * head + branch) * d, d)
    );
    const scale = 1 / Math.sqrt(d);
    const { dq, dk, dv } = attentionGradientReference(q, k, v, slope, [R, T, T, d, d], scale);
    const faded = distanceDecayReference(distanceSlope, [R, T, d], DECAY_SCALE);
    const dt = faded.map((value, i) => value / sums[Math.floor(i / d) % T]);
    [dq, dk, dv, dt].forEach((part, chunk) => {
      part.forEach((value, i) => {
        dx[Math.floor(i / d) * 4 * C + chunk * C + head * d + i % d] = value;
      });
    });
  }
  return dx;
}
