/** Layer normalisation over the channels of each row, biased variance, epsilon inside the root. */

import * as tf from "@tensorflow/tfjs";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

/** Rows with mean 0 and variance 1, and the factor that scaled them: x [M, C] -> [M, C], [M, 1]. */
function standardised(
  x: tf.Tensor,
  epsilon: number,
): { normalised: tf.Tensor; inverse: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  return { normalised: tf.mul(centred, inverse), inverse };
}

// x [M, C], gamma [C], beta [C] -> [M, C]. attributes { epsilon }
defineKernel({
  name: "WsvadLayerNorm",
  composed: ({ x, gamma, beta }, { epsilon }) =>
    tf.add(tf.mul(standardised(x, epsilon).normalised, gamma), beta),
  gradient: {
    inputsToSave: ["x", "gamma"],
    gradFunc: (dy, [x, gamma], attributes) => {
      const [dx, dgamma, dbeta] = runKernels(
        "WsvadLayerNormGrad",
        { dy: dy as tf.Tensor, x, gamma },
        attributes,
      );
      return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
    },
  },
});

// dy, x [M, C], gamma [C] -> [dx [M, C], dgamma [C], dbeta [C]]. attributes { epsilon }
defineKernel({
  name: "WsvadLayerNormGrad",
  composed: ({ dy, x, gamma }, { epsilon }) => {
    const { normalised, inverse } = standardised(x, epsilon);
    const scaled = tf.mul(dy, gamma);
    const along = tf.mul(normalised, tf.mean(tf.mul(scaled, normalised), 1, true));
    const dx = tf.mul(inverse, tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along));
    return [dx, columnSum(tf.mul(dy, normalised)), columnSum(dy)];
  },
});

/**
 * Layer norm over the last axis.
 *
 * @param x [..., C]
 * @param gamma [C] gain
 * @param beta [C]
 */
export function layerNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon = 1e-5,
): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.reshape(runKernel("WsvadLayerNorm", { x: rows, gamma, beta }, { epsilon }), x.shape);
}
