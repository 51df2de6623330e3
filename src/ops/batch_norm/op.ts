/** Batch normalisation over rows, with training statistics or stored ones. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

// x [M, C], gamma [C], beta [C] -> [y [M, C], mean [C], variance [C] (divided by M)].
// attributes { epsilon }
defineKernel({
  name: "WsvadBatchNormTrain",
  composed: ({ x, gamma, beta }, { epsilon }) => {
    const rows = x.shape[0];
    const average = tf.fill([1, rows], 1 / rows) as tf.Tensor2D;
    // [C]
    const channelMean = (v: tf.Tensor) => tf.reshape(tf.matMul(average, v as tf.Tensor2D), [-1]);
    const mean = channelMean(x);
    const centred = tf.sub(x, mean);
    const variance = channelMean(tf.square(centred));
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return [tf.add(tf.mul(centred, scale), beta), mean, variance];
  },
  gradient: {
    inputsToSave: ["x", "gamma"],
    outputsToSave: [false, true, true],
    gradFunc: (dys, [x, gamma, mean, variance], attributes) => {
      const dy = (dys as unknown as tf.Tensor[])[0];
      const [dx, dgamma, dbeta] = runKernels(
        "WsvadBatchNormGrad",
        { dy, x, gamma, mean, variance },
        attributes,
      );
      return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
    },
  },
});

// dy, x [M, C], gamma, mean, variance [C] -> [dx [M, C], dgamma [C], dbeta [C]].
// attributes { epsilon }
defineKernel({
  name: "WsvadBatchNormGrad",
  composed: ({ dy, x, gamma, mean, variance }, { epsilon }) => {
    const rows = x.shape[0];
    const ones = tf.ones([1, rows]) as tf.Tensor2D;
    const channelSum = (v: tf.Tensor) => tf.reshape(tf.matMul(ones, v as tf.Tensor2D), [-1]); // [C]
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = tf.mul(tf.sub(x, mean), inverse); // [M, C]
    const dbeta = channelSum(dy);
    const dgamma = channelSum(tf.mul(dy, normalised));
    const centredGradient = tf.sub(
      dy,
      tf.div(tf.add(dbeta, tf.mul(normalised, dgamma)), rows),
    );
    return [tf.mul(centredGradient, tf.mul(gamma, inverse)), dgamma, dbeta];
  },
});

// x [M, C], scale [C], shift [C] -> x scale + shift. No attributes; not differentiated.
defineKernel({
  name: "WsvadScaleShift",
  composed: ({ x, scale, shift }) => tf.add(tf.mul(x, scale), shift),
});

/** Normalises with the statistics of the rows themselves. */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): { y: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor } {
  const channels = x.shape.at(-1)!;
  const rows = tf.reshape(x, [-1, channels]);
  const [y, mean, variance] = runKernels("WsvadBatchNormTrain", { x: rows, gamma, beta }, {
    epsilon,
  });
  return { y: tf.reshape(y, x.shape), mean, variance };
}

/**
 * Normalises with stored statistics: x [..., C], mean and variance [C]. For evaluation, without
 * gradient.
 */
export function batchNormEval(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon))); // [C]
  const shift = tf.sub(beta, tf.mul(mean, scale)); // [C]
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.reshape(runKernel("WsvadScaleShift", { x: rows, scale, shift }), x.shape);
}
