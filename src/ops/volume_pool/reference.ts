/** Volume pooling in plain loops, which the kernels are compared with. */

import { eachOutput, eachPlace } from "../volume_conv/reference.ts";
import type { VolumePoolAttributes } from "./op.ts";

/** x [N, T, H, W, C] -> [N, ...out, C]. */
export function volumePoolReference(
  x: ArrayLike<number>,
  [N, T, H, W, C]: number[],
  { pooling, ...windows }: VolumePoolAttributes,
): Float64Array {
  const outputs = windows.out.reduce((product, size) => product * size, N);
  const y = new Float64Array(outputs * C).fill(pooling === "max" ? -Infinity : 0);
  eachOutput(N, windows.out, (index, n, output) => {
    let seen = 0;
    eachPlace(windows, [T, H, W], output, (place) => {
      seen++;
      for (let c = 0; c < C; c++) {
        const value = x[(n * T * H * W + place) * C + c], at = index * C + c;
        y[at] = pooling === "max" ? Math.max(y[at], value) : y[at] + value;
      }
    });
    if (pooling === "mean") { for (let c = 0; c < C; c++) y[index * C + c] /= seen; }
  });
  return y;
}
