/** Mean over the crop axis. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// x [B, N, ...] -> [B, ...]. attributes { crops }: N, for the gradient, which so keeps no input
defineKernel({
  name: "WsvadCropMean",
  composed: ({ x }) => tf.mean(x, 1),
  gradient: {
    gradFunc: (dy, _saved, attributes) => ({
      x: () => runKernel("WsvadCropMeanGradient", { dy: dy as tf.Tensor }, attributes),
    }),
  },
});

// dy [B, ...] -> [B, N, ...]. attributes { crops }
defineKernel({
  name: "WsvadCropMeanGradient",
  composed: ({ dy }, { crops }) => {
    const spread = tf.expandDims(tf.div(dy, crops), 1); // [B, 1, ...]
    return tf.tile(spread, spread.shape.map((_, axis) => axis === 1 ? crops : 1));
  },
});

/** x [B, N, ...] -> [B, ...], the mean over the N crops; with one crop a view. */
export function cropMean(x: tf.Tensor): tf.Tensor {
  if (x.shape[1] === 1) return tf.squeeze(x, [1]);
  return runKernel("WsvadCropMean", { x }, { crops: x.shape[1] });
}
