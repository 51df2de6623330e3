/** Vectors divided by their own length. */

import * as tf from "@tensorflow/tfjs";
import { l2Norm } from "../l2_norm/op.ts";

/** How a vector of zeros is taken. */
export interface UnitVectorOptions {
  /**
   * It stays zero, with gradients that are finite; otherwise 0 / 0 gives NaN. All others are the
   * same either way.
   */
  guard: boolean;
  /** What the vectors are, in words, and who is told where one is zero. */
  what?: string;
  zeroAt?: (place: string, divisor: () => tf.Tensor) => void;
}

/**
 * x / |x| over the last axis.
 *
 * @param x [..., C]
 */
export function unitVector(
  x: tf.Tensor,
  { guard, what = "a vector is", zeroAt }: UnitVectorOptions,
): tf.Tensor {
  const norm = tf.expandDims(l2Norm(x), -1); // [..., 1]
  zeroAt?.(`${what} divided by its length of 0`, () => norm);
  const divisor = guard ? tf.where(tf.greater(norm, 0), norm, tf.onesLike(norm)) : norm;
  return tf.div(x, divisor);
}

/** Shorter vectors are divided by this, so that a vector of zeros stays one. */
const SHORTEST = 1e-12;

/** x [..., C] divided by max(|x|, 1e-12) over the last axis: PyTorch's normalize. */
export function unitLength(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.maximum(tf.expandDims(l2Norm(x), -1), SHORTEST));
}
