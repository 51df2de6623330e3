/** Distance decay on the cpu: two walks along time, no table of weights. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

/** Columns of some rows: the address of the first, and bytes from one position to the next. */
export interface Strip {
  at: number;
  step: number;
}

/**
 * Runs `body` with a pass over strips of at most `columns` channels: y_i = after_i sum over j of
 * exp(-|i - j| / scale) before_j x_j; `before` and `after` are addresses of T factors, 0 for none.
 */
export function withDecay(
  backend: CpuBackend,
  [T, columns]: [number, number],
  scale: number,
  body: (decay: (x: Strip, y: Strip, before: number, after: number) => void) => void,
): void {
  const ratio = Math.exp(-1 / scale);
  backend.withScratch(columns * 4, (carry) =>
    body((x, y, before, after) => {
      const { passes } = backend;
      // deno-fmt-ignore
      passes.distanceDecay(
        x.at, x.step, y.at, y.step, T, columns, ratio, before, after, carry,
      );
    }));
}

registerCpuForm(
  "WsvadDistanceDecay",
  (backend, { x }: Record<string, tf.TensorInfo>, { scale }) => {
    const [R, T, C] = x.shape;
    const y = backend.output(x.shape);
    if (sizeOf(x.shape) === 0) return y;
    const [from, to] = [backend.address(x), backend.address(y)], step = C * 4;
    withDecay(backend, [T, C], scale, (decay) => {
      for (let r = 0; r < R; r++) {
        decay({ at: from + r * T * step, step }, { at: to + r * T * step, step }, 0, 0);
      }
    });
    return y;
  },
);
