/** Activation in plain double precision loops, which the kernels are compared with. */

import { type Activation } from "./op.ts";

/** In double precision, for tests. */
export function activateReference(x: number, activation: Activation): number {
  return activation === "relu"
    ? Math.max(0, x)
    : activation === "sigmoid"
    ? 1 / (1 + Math.exp(-x))
    : x;
}

/** dy, y -> dz of relu or sigmoid. */
export function activationGradientReference(
  dy: ArrayLike<number>,
  y: ArrayLike<number>,
  activation: "relu" | "sigmoid",
): Float64Array {
  return Float64Array.from(
    dy,
    (slope, i) => activation === "relu" ? (y[i] > 0 ? slope : 0) : slope * y[i] * (1 - y[i]),
  );
}
