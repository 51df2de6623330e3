/** Tensors whose values lie in several arrays, on devices that take them from there. */

import * as tf from "@tensorflow/tfjs";

/** A backend that takes the values of a tensor in parts; the cpu device's can. */
interface BackendOfParts {
  tensorOfParts?(parts: readonly Float32Array[], shape: number[]): tf.TensorInfo;
}

/**
 * A tensor of arrays that lie one behind the other in it, and that nobody changes from now on: what
 * is computed from one of them may be kept as long as the array is. Null on a device that wants one
 * array.
 */
export function tensorOfParts(
  parts: readonly Float32Array[],
  shape: number[],
): tf.Tensor | null {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length !== tf.util.sizeFromShape(shape)) {
    throw new TypeError(`Cannot put ${length} values into a tensor [${shape}]`);
  }
  const info = (tf.backend() as BackendOfParts).tensorOfParts?.(parts, shape);
  return info ? tf.engine().makeTensorFromTensorInfo(info) : null;
}
