/**
 * Difference of two L1 norms over the last axis, taken channel by channel: norms near 1000 that
 * differ by 10 would lose two digits in float32. The gradient of a magnitude at 0 is 0 (tfjs's abs
 * has -1 there).
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// a, b [..., C] -> [...]. Summed in about sqrt(C) pieces, which loses less than one running float32
// sum.
defineKernel({
  name: "WsvadLengthDifference",
  composed: ({ a, b }) => {
    const outer = a.shape.slice(0, -1), C = a.shape.at(-1)!;
    const piece = pieceOf(C);
    const differences = tf.sub(tf.abs(a), tf.abs(b));
    return tf.sum(tf.sum(tf.reshape(differences, [...outer, C / piece, piece]), -1), -1);
  },
  gradient: {
    inputsToSave: ["a", "b"],
    gradFunc: (gradient, [a, b]) => {
      const dy = tf.expandDims(gradient as tf.Tensor, -1);
      return {
        a: () => tf.mul(tf.sign(a), dy),
        b: () => tf.mul(tf.sign(b), tf.neg(dy)),
      };
    },
  },
});

/** The largest divisor of C up to its root. */
function pieceOf(C: number): number {
  let piece = Math.floor(Math.sqrt(C));
  while (C % piece !== 0) piece--;
  return piece;
}

/** a, b [..., C] -> [...]: the L1 norm of a minus that of b. */
export function lengthDifference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return runKernel("WsvadLengthDifference", { a, b });
}
