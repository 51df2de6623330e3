/**
 * CLIP's feed-forward part: two dense layers with a QuickGELU between. The wide rows between the
 * layers are made for some rows at a time and never kept: the gradient makes them again, a product
 * more for a hundredth of the memory.
 */

import * as tf from "@tensorflow/tfjs";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";
import { linear } from "../linear/op.ts";
import { quickGelu } from "../quick_gelu/op.ts";

/** Most entries of the wide rows at once, 32 MB. Tests set it low. */
export const wideLimit = { entries: 1 << 23 };

/** Rows [start, end) of M that are worked on together, H wide. */
export function* rowPieces(M: number, H: number): Generator<[number, number]> {
  const length = Math.max(1, Math.floor(wideLimit.entries / H));
  for (let start = 0; start < M; start += length) yield [start, Math.min(M, start + length)];
}

function rowsOf(x: tf.Tensor, start: number, end: number): tf.Tensor2D {
  const [M, I] = x.shape;
  const rows = start === 0 && end === M ? x : tf.slice(x, [start, 0], [end - start, I!]);
  return rows as tf.Tensor2D;
}

/** Parts below each other, the only one as it is. */
function stacked(parts: tf.Tensor[]): tf.Tensor {
  return parts.length === 1 ? parts[0] : tf.concat(parts, 0);
}

// x [M, I], wide [H, I], wideBias [H], narrow [O, H], narrowBias [O] -> [M, O].
// attributes { trained }
defineKernel({
  name: "WsvadQuickGeluMlp",
  composed: ({ x, wide, wideBias, narrow, narrowBias }) =>
    stacked(Array.from(rowPieces(x.shape[0], wide.shape[0]), ([start, end]) =>
      tf.tidy(() => {
        const active = quickGelu(linear(rowsOf(x, start, end), wide, wideBias)); // [rows, H]
        return linear(active, narrow, narrowBias);
      }))),
  gradient: {
    inputsToSave: ["x", "wide", "wideBias", "narrow"],
    gradFunc: (dy, [x, wide, wideBias, narrow], attributes) => {
      const inputs = { dy: dy as tf.Tensor, x, wide, wideBias, narrow };
      const [dx, dwide, dwideBias, dnarrow, dnarrowBias] = runKernels(
        "WsvadQuickGeluMlpGrad",
        inputs,
        attributes,
      );
      return {
        x: () => dx,
        wide: () => dwide,
        wideBias: () => dwideBias,
        narrow: () => dnarrow,
        narrowBias: () => dnarrowBias,
      };
    },
  },
});

// dy [M, O], x, wide, wideBias, narrow -> [dx], and if they are trained the gradients of wide,
// wideBias, narrow and narrowBias. attributes { trained }
defineKernel({
  name: "WsvadQuickGeluMlpGrad",
  composed: ({ dy, x, wide, wideBias, narrow }, { trained }) => {
    const parts = Array.from(rowPieces(x.shape[0], wide.shape[0]), ([start, end]) =>
      tf.tidy(() => {
        const rows = rowsOf(x, start, end), slope = rowsOf(dy, start, end);
        const z = linear(rows, wide, wideBias) as tf.Tensor2D; // [rows, H]
        const dactive = tf.matMul(slope, narrow as tf.Tensor2D);
        const dz = runKernel("WsvadQuickGeluGrad", { dy: dactive, x: z }) as tf.Tensor2D;
        const dx = tf.matMul(dz, wide as tf.Tensor2D);
        if (!trained) return [dx];
        const dnarrow = tf.matMul(slope, quickGelu(z) as tf.Tensor2D, true);
        return [dx, tf.matMul(dz, rows, true), columnSum(dz), dnarrow, columnSum(slope)];
      }));
    const sums = parts[0].slice(1).map((_, i) =>
      parts.map((part) => part[i + 1]).reduce((sum, part) => tf.add(sum, part))
    );
    return [stacked(parts.map(([dx]) => dx)), ...sums];
  },
});

export interface MlpWeights {
  /** [H, I] and [H]. */
  wide: tf.Tensor;
  wideBias: tf.Tensor;
  /** [O, H] and [O]. */
  narrow: tf.Tensor;
  narrowBias: tf.Tensor;
}

/**
 * y = q(x wide^T + wideBias) narrow^T + narrowBias, q the QuickGELU.
 *
 * @param x [..., I] f32
 * @param options.trained false: the weights are frozen, their gradients are not computed
 * @returns [..., O]
 */
export function quickGeluMlp(
  x: tf.Tensor,
  weights: MlpWeights,
  { trained = true }: { trained?: boolean } = {},
): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  const y = runKernel("WsvadQuickGeluMlp", { x: rows, ...weights }, { trained });
  return tf.reshape(y, [...x.shape.slice(0, -1), weights.narrow.shape[0]]);
}
