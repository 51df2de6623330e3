/** The same values, out of the gradient's sight. */

import * as tf from "@tensorflow/tfjs";

/** A view of `x` through which no gradient flows: tfjs's tape does not know where it came from. */
export function detach(x: tf.Tensor): tf.Tensor {
  const engine = tf.engine();
  engine.backend.incRef(x.dataId);
  return engine.makeTensorFromTensorInfo(x, engine.backend);
}
