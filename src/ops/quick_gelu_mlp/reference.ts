/**
 * CLIP's feed-forward part in plain double precision loops, which the kernels are compared with.
 */

import { quickGeluGradientReference, quickGeluReference } from "../quick_gelu/reference.ts";

/** x [M, I] -> [M, O] in plain double precision loops. */
export function quickGeluMlpReference(
  x: ArrayLike<number>,
  wide: ArrayLike<number>,
  wideBias: ArrayLike<number>,
  narrow: ArrayLike<number>,
  narrowBias: ArrayLike<number>,
  [M, I, H, O]: [number, number, number, number],
): Float64Array {
  const y = new Float64Array(M * O);
  for (let m = 0; m < M; m++) {
    const z = Float64Array.from({ length: H }, (_, h) => {
      let sum = wideBias[h];
      for (let i = 0; i < I; i++) sum += x[m * I + i] * wide[h * I + i];
      return sum;
    });
    const active = quickGeluReference(z);
    for (let o = 0; o < O; o++) {
      let sum = narrowBias[o];
      for (let h = 0; h < H; h++) sum += active[h] * narrow[o * H + h];
      y[m * O + o] = sum;
    }
  }
  return y;
}

/**
 * dy [M, O] -> gradients of x, wide, wideBias, narrow and narrowBias in plain double precision
 * loops.
 */
export function quickGeluMlpGradientReference(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  wide: ArrayLike<number>,
  wideBias: ArrayLike<number>,
  narrow: ArrayLike<number>,
  [M, I, H, O]: [number, number, number, number],
): Float64Array[] {
  const [dx, dwide, dwideBias, dnarrow, dnarrowBias] = [M * I, H * I, H, O * H, O].map((size) =>
    new Float64Array(size)
  );
  for (let m = 0; m < M; m++) {
    for (let o = 0; o < O; o++) dnarrowBias[o] += dy[m * O + o];
    for (let h = 0; h < H; h++) {
      let z = wideBias[h], slope = 0;
      for (let i = 0; i < I; i++) z += x[m * I + i] * wide[h * I + i];
      const [active] = quickGeluReference([z]);
      for (let o = 0; o < O; o++) {
        slope += dy[m * O + o] * narrow[o * H + h];
        dnarrow[o * H + h] += dy[m * O + o] * active;
      }
      const [dz] = quickGeluGradientReference([slope], [z]);
      dwideBias[h] += dz;
      for (let i = 0; i < I; i++) {
        dx[m * I + i] += dz * wide[h * I + i];
        dwide[h * I + i] += dz * x[m * I + i];
      }
    }
  }
  return [dx, dwide, dwideBias, dnarrow, dnarrowBias];
}
