/** The k largest values of each row as a mask, and their mean: k may be a large part of the row. */

import * as tf from "@tensorflow/tfjs";
import { detach } from "../kernel/detach.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";
import { topKIndices } from "../top_k/op.ts";

// values [M, S] -> [M, S], 1 at the k largest of each row, else 0;
// the lower index first among equals.
// attributes { k }, 1 <= k <= S
defineKernel({
  name: "WsvadTopKMask",
  composed: ({ values }, { k }) => {
    const [M, S] = values.shape;
    // All that is larger than the k-th, and of its equals those that do not stand behind it.
    const last = tf.slice(topKIndices(values, k), [0, k - 1], [M, 1]); // int32 [M, 1]
    const position = tf.range(0, S!, 1, "int32");
    const kth = tf.where(tf.equal(position, last), values, tf.zerosLike(values)); // all else 0
    const least = tf.sum(kth, 1, true); // [M, 1]
    const notBehind = tf.lessEqual(position, last); // [M, S]
    const chosen = tf.logicalOr(
      tf.greater(values, least),
      tf.logicalAnd(tf.equal(values, least), notBehind),
    );
    // Not a cast: tfjs 4.22 on webgpu compiles a wrong transpose of a bool that was cast and
    // reshaped.
    return tf.where(chosen, tf.onesLike(values), tf.zerosLike(values));
  },
});

/**
 * Mask of the k largest values of each row; among equals the lower index is taken. The choice
 * carries no gradient.
 *
 * @param values [M, S]
 * @returns [M, S] of 0 and 1
 * @throws {RangeError} k > S
 */
export function topKMask(values: tf.Tensor, k: number): tf.Tensor {
  const size = values.shape[1]!;
  if (k > size) throw new RangeError(`Cannot select ${k} values of ${size}`);
  if (k === 0) return tf.zeros(values.shape);
  return detach(runKernel("WsvadTopKMask", { values }, { k }));
}

/** x [..., S] -> [...], the mean of the k largest of the last axis. */
export function topKMean(x: tf.Tensor, k: number): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  const chosen = tf.mul(rows, topKMask(rows, k));
  return tf.reshape(tf.div(tf.sum(chosen, 1), k), x.shape.slice(0, -1));
}
