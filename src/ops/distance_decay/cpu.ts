/** Distance decay on the cpu: two walks along time, no table of weights. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

/**
 * Columns of the positions of some rows: the address of the first, and bytes from one row, and
 * from one position, to the next.
 */
export interface Strips {
  at: number;
  row: number;
  step: number;
}

/**
 * Runs `body` with a pass over R strips of `columns` channels: y_i = after_i sum over j of
 * exp(-|i - j| / scale) before_j x_j; `before` and `after` are addresses of T factors, 0 for none.
 */
export function withDecay(
  backend: CpuBackend,
  [R, T, columns]: [number, number, number],
  scale: number,
  body: (decay: (x: Strips, y: Strips, before: number, after: number) => void) => void,
): void {
  const ratio = Math.exp(-1 / scale);
  backend.withScratch(R * columns * 4, (carry) =>
    body((x, y, before, after) => {
      const { passes } = backend;
      // deno-fmt-ignore
      passes.distanceDecay(
        x.at, x.row, x.step, y.at, y.row, y.step, R, T, columns, ratio, before, after, carry,
      );
    }));
}

registerCpuForm(
  "WsvadDistanceDecay",
  (backend, { x }: Record<string, tf.TensorInfo>, { scale }) => {
    const [R, T, C] = x.shape;
    const y = backend.output(x.shape);
    if (sizeOf(x.shape) === 0) return y;
    const [from, to] = [x, y].map((info): Strips => {
      return { at: backend.address(info), row: T * C * 4, step: C * 4 };
    });
    withDecay(backend, [R, T, C], scale, (decay) => decay(from, to, 0, 0));
    return y;
  },
);
