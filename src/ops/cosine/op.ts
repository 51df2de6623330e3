/** Cosines of vectors, each length at least 1e-8: PyTorch's cosine_similarity. */

import * as tf from "@tensorflow/tfjs";
import { l2Norm } from "../l2_norm/op.ts";

const SHORTEST = 1e-8;

function lengthOf(x: tf.Tensor): tf.Tensor {
  return tf.maximum(l2Norm(x), SHORTEST);
}

/** Of pairs: a, b [..., C] -> [...]. */
export function cosine(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.div(tf.sum(tf.mul(a, b), -1), tf.mul(lengthOf(a), lengthOf(b)));
}

/** Of each row with each row: a [R, S, C], b [R, P, C] -> [R, S, P]. */
export function cosineWithRows(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const unit = (x: tf.Tensor) => tf.div(x, tf.expandDims(lengthOf(x), -1));
  return tf.matMul(unit(a), unit(b), false, true);
}
