/** Softmax over the last axis, over all of a row or its first values alone. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** 0 for the first lengths[g] values, then -Infinity: [groups, 1, S]. */
export function lengthMask(lengths: tf.Tensor, S: number): tf.Tensor {
  const groups = lengths.size;
  const index = tf.tile(tf.range(0, S, 1, "int32"), [groups]);
  const length = tf.reshape(tf.tile(tf.reshape(lengths, [groups, 1]), [1, S]), [groups * S]);
  const inside = tf.less(index, length);
  const mask = tf.where(inside, tf.zeros([groups * S]), tf.fill([groups * S], -Infinity));
  return tf.reshape(mask, [groups, 1, S]);
}

// x [M, S], lengths int32 [groups]? -> [M, S]
defineKernel({
  name: "WsvadSoftmax",
  composed: ({ x, lengths }) => {
    if (!lengths) return tf.softmax(x);
    const [M, S] = x.shape as [number, number], groups = lengths.size;
    const masked = tf.add(tf.reshape(x, [groups, M / groups, S]), lengthMask(lengths, S));
    return tf.reshape(tf.softmax(masked), [M, S]);
  },
  gradient: {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => runKernel("WsvadSoftmaxGrad", { dy: dy as tf.Tensor, y }),
    }),
  },
});

// dy, y [M, S] -> dx [M, S] = y (dy - sum of dy y)
defineKernel({
  name: "WsvadSoftmaxGrad",
  composed: ({ dy, y }) => {
    const products = tf.mul(dy, y);
    return tf.sub(products, tf.mul(tf.sum(products, 1, true), y));
  },
});

/**
 * Softmax over the last axis.
 *
 * @param x [..., S]
 * @param lengths int32 [groups]: the rows of x in order fall into so many groups of equal size, and
 *   of the rows of one only its first values count; those behind become 0. A row of none is NaN, as
 *   in PyTorch
 * @returns [..., S]
 */
export function softmax(x: tf.Tensor, lengths?: tf.Tensor): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.reshape(runKernel("WsvadSoftmax", { x: rows, lengths }), x.shape);
}
