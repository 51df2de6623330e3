/**
 * Which videos of a training batch a loss term looks at: normal ones stand first, then as many
 * abnormal ones.
 */

import * as tf from "@tensorflow/tfjs";

export type Side = "normal" | "abnormal" | "all";

/** x [2n, ...] -> its normal half, its abnormal half, or all of it. */
export function sideOf(x: tf.Tensor, side: Side): tf.Tensor {
  const n = x.shape[0] / 2;
  if (side === "all") return x;
  const start = x.shape.map((_, axis) => axis === 0 && side === "abnormal" ? n : 0);
  return tf.slice(x, start, [n, ...x.shape.slice(1)]);
}
