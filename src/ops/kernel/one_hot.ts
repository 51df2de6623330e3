/**
 * One-hot rows as float32. tfjs's wasm kernel ignores the type it is asked for and writes integers.
 */

import * as tf from "@tensorflow/tfjs";

/** indices int32 [...] -> float32 [..., depth]. tfjs refuses depth 1. */
export function oneHot(indices: tf.Tensor, depth: number): tf.Tensor {
  if (depth === 1) return tf.cast(tf.equal(tf.expandDims(indices, -1), 0), "float32");
  return tf.cast(tf.oneHot(indices as tf.Tensor1D, depth), "float32");
}
