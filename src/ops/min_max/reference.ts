/** Min max in plain double precision loops, which the kernels are compared with. */

import { EPSILON } from "./op.ts";

/** x [R, T] -> [R, T] in plain double precision loops. */
export function minMaxReference(x: ArrayLike<number>, [R, T]: [number, number]): Float64Array {
  const y = new Float64Array(R * T);
  for (let r = 0; r < R; r++) {
    const row = Array.from({ length: T }, (_, t) => x[r * T + t]);
    const low = Math.min(...row), range = Math.max(...row) - low + EPSILON;
    row.forEach((value, t) => y[r * T + t] = (value - low) / range);
  }
  return y;
}
