/** Mean over the crop axis. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "./kernel.ts";

// x [B, N, ...] -> [B, ...]
defineKernel({
  name: "WsvadCropMean",
  composed: ({ x }) => tf.mean(x, 1),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => {
        const crops = x.shape[1]!;
        const spread = tf.expandDims(tf.div(dy as tf.Tensor, crops), 1); // [B, 1, ...]
        return tf.tile(spread, x.shape.map((_, axis) => axis === 1 ? crops : 1));
      },
    }),
  },
});

/** x [B, N, ...] -> [B, ...], the mean over the N crops; with one crop a view. */
export function cropMean(x: tf.Tensor): tf.Tensor {
  if (x.shape[1] === 1) return tf.squeeze(x, [1]);
  return runKernel("WsvadCropMean", { x });
}
