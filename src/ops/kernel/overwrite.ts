/** New values in a tensor's own memory, so that work recorded on that memory sees them. */

import * as tf from "@tensorflow/tfjs";

/** A backend that can replace a tensor's values in place; both devices' can. */
interface OverwritingBackend {
  overwrite(tensor: tf.TensorInfo, values: Float32Array | Int32Array): void;
}

/** Replaces the values of a tensor that nothing else shares memory with. */
export function overwrite(tensor: tf.Tensor, values: Float32Array | Int32Array): void {
  if (values.length !== tensor.size) {
    throw new TypeError(`Cannot put ${values.length} values into a tensor [${tensor.shape}]`);
  }
  (tf.backend() as unknown as OverwritingBackend).overwrite(tensor, values);
}
