/**
 * Group normalisation over time and the channels of a group, row by row, biased variance,
 * activation fused.
 */

import * as tf from "@tensorflow/tfjs";
import { activate, type Activation, activationGradient } from "../activation/op.ts";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

interface GroupNormAttributes {
  groups: number;
  epsilon: number;
  activation: Activation;
}

/**
 * x [R, T, C] -> [R, 1, C], each channel holding the mean of its group over its channels and all of
 * T.
 */
function groupMean(x: tf.Tensor, groups: number): tf.Tensor {
  const [R, T, C] = x.shape as [number, number, number];
  const average = tf.fill([R, 1, T], 1 / T) as tf.Tensor3D;
  const overTime = tf.matMul(average, x as tf.Tensor3D); // [R, 1, C]
  const width = C / groups;
  const means = tf.mean(tf.reshape(overTime, [R * groups, width]), 1, true); // [R G, 1]
  return tf.reshape(tf.tile(means, [1, width]), [R, 1, C]);
}

/** Groups with mean 0 and variance 1, and the factor that scaled them: [R, T, C], [R, 1, C]. */
function standardised(
  x: tf.Tensor,
  { groups, epsilon }: GroupNormAttributes,
): { normalised: tf.Tensor; inverse: tf.Tensor } {
  const centred = tf.sub(x, groupMean(x, groups));
  const inverse = tf.rsqrt(tf.add(groupMean(tf.square(centred), groups), epsilon));
  return { normalised: tf.mul(centred, inverse), inverse };
}

// x [R, T, C], gamma [C], beta [C] -> [R, T, C]. attributes { groups, epsilon, activation }
defineKernel({
  name: "WsvadGroupNorm",
  composed: ({ x, gamma, beta }, attributes) => {
    const { normalised } = standardised(x, attributes as GroupNormAttributes);
    return activate(tf.add(tf.mul(normalised, gamma), beta), attributes.activation);
  },
  gradient: {
    inputsToSave: ["x", "gamma", "beta"],
    gradFunc: (dy, [x, gamma, beta], attributes) => {
      const { activation } = attributes as unknown as GroupNormAttributes;
      let dz = dy as tf.Tensor;
      if (activation !== "none") { // the output is made again: keeping it would double what is kept
        const y = runKernel("WsvadGroupNorm", { x, gamma, beta }, attributes);
        dz = activationGradient(dz, y, activation);
        y.dispose();
      }
      const [dx, dgamma, dbeta] = runKernels("WsvadGroupNormGrad", { dz, x, gamma }, attributes);
      return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
    },
  },
});

// dz, x [R, T, C], gamma [C] -> [dx [R, T, C], dgamma [C], dbeta [C]].
// attributes { groups, epsilon }
defineKernel({
  name: "WsvadGroupNormGrad",
  composed: ({ dz, x, gamma }, attributes) => {
    const { groups } = attributes as GroupNormAttributes;
    const { normalised, inverse } = standardised(x, attributes as GroupNormAttributes);
    const scaled = tf.mul(dz, gamma);
    const along = tf.mul(normalised, groupMean(tf.mul(scaled, normalised), groups));
    const dx = tf.mul(inverse, tf.sub(tf.sub(scaled, groupMean(scaled, groups)), along));
    const rows = (v: tf.Tensor) => tf.reshape(v, [-1, x.shape[2]!]);
    return [dx, columnSum(rows(tf.mul(dz, normalised))), columnSum(rows(dz))];
  },
});

export interface GroupNormOptions {
  groups: number;
  epsilon?: number;
  activation?: Activation;
}

/**
 * activation(group norm of x). Each row [T, C] has statistics of its own, over the whole time axis.
 *
 * @param x [R, T, C], C a multiple of `groups`
 * @param gamma [C] gain
 * @param beta [C]
 * @returns [R, T, C]
 */
export function groupNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { groups, epsilon = 1e-5, activation = "none" }: GroupNormOptions,
): tf.Tensor {
  return runKernel("WsvadGroupNorm", { x, gamma, beta }, { groups, epsilon, activation });
}
