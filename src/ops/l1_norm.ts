/** Sum of magnitudes over the last axis, with gradient 0 at 0 (tfjs's abs has -1 there). */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "./kernel.ts";

// x [..., C] -> [...]. Summed in about sqrt(C) pieces: one running float32 sum of 1024 terms near 1 loses 1e-5.
defineKernel({
  name: "WsvadL1Norm",
  composed: ({ x }) => {
    const outer = x.shape.slice(0, -1), C = x.shape.at(-1)!;
    const piece = pieceOf(C);
    return tf.sum(tf.sum(tf.reshape(tf.abs(x), [...outer, C / piece, piece]), -1), -1);
  },
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => tf.mul(tf.sign(x), tf.expandDims(dy as tf.Tensor, -1)),
    }),
  },
});

/** The largest divisor of C up to its root. */
function pieceOf(C: number): number {
  let piece = Math.floor(Math.sqrt(C));
  while (C % piece !== 0) piece--;
  return piece;
}

/** x [..., C] -> [...], the L1 norm over the channels. */
export function l1Norm(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadL1Norm", { x });
}

/** x [M, C] -> [M] in plain double precision loops. */
export function l1NormReference(x: ArrayLike<number>, [M, C]: [number, number]): Float64Array {
  return Float64Array.from({ length: M }, (_, m) => {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.abs(x[m * C + c]);
    return sum;
  });
}
