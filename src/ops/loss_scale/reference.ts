/** Loss scale in plain double precision loops, which the kernels are compared with. */

import { CLIP_EPSILON, LARGEST, SMALLEST } from "./op.ts";

/** The same in double precision: `state` is changed, [factor, ...seen] returned. */
export function endScaledStepReference(
  state: number[],
  squares: number[],
  clipNorm: number | null,
  growthInterval: number,
): number[] {
  const [scale] = state;
  const total = squares.reduce((sum, square) => sum + square, 0);
  if (!Number.isFinite(total)) {
    const seen = squares.map((square) => scale > SMALLEST ? 0 : square / scale ** 2);
    state[0] = Math.max(scale / 2, SMALLEST);
    state[1] = 0;
    state[2]++;
    return [0, ...seen];
  }
  const norm = Math.sqrt(total) / scale;
  const clip = clipNorm === null ? 1 : Math.min(1, clipNorm / (norm + CLIP_EPSILON));
  if (++state[1] >= growthInterval) {
    state[0] = Math.min(scale * 2, LARGEST);
    state[1] = 0;
  }
  return [clip / scale, ...squares.map((square) => square / scale ** 2)];
}
