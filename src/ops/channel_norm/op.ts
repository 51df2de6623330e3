/**
 * Normalisation over the channels of each row with the epsilon beside the root: (x - mean) /
 * (deviation + epsilon). Layer norm has it inside. The root's slope is infinite at deviation 0,
 * where all channels are equal.
 */

import * as tf from "@tensorflow/tfjs";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

interface ChannelNormAttributes {
  epsilon: number;
  /** Gradient through the deviation is 0 where it is 0; otherwise NaN there, as in PyTorch. */
  guard: boolean;
}

/** x [M, C] -> x - mean [M, C] and its deviation [M, 1], the square divided by C. */
function centredOn(x: tf.Tensor): { centred: tf.Tensor; deviation: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  return { centred, deviation: tf.sqrt(tf.mean(tf.square(centred), 1, true)) };
}

// x [M, C], gamma [C], beta [C] -> [M, C]. attributes { epsilon, guard }
defineKernel({
  name: "WsvadChannelNorm",
  composed: ({ x, gamma, beta }, { epsilon }) => {
    const { centred, deviation } = centredOn(x);
    return tf.add(tf.mul(tf.div(centred, tf.add(deviation, epsilon)), gamma), beta);
  },
  gradient: {
    inputsToSave: ["x", "gamma"],
    gradFunc: (dy, [x, gamma], attributes) => {
      const [dx, dgamma, dbeta] = runKernels(
        "WsvadChannelNormGrad",
        { dy: dy as tf.Tensor, x, gamma },
        attributes,
      );
      return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
    },
  },
});

// dy, x [M, C], gamma [C] -> [dx [M, C], dgamma [C], dbeta [C]]. attributes { epsilon, guard }
defineKernel({
  name: "WsvadChannelNormGrad",
  composed: ({ dy, x, gamma }, { epsilon, guard }) => {
    const { centred, deviation } = centredOn(x);
    const scale = tf.add(deviation, epsilon);
    const normalised = tf.div(centred, scale);
    const scaled = tf.mul(dy, gamma);
    // C x that of the deviation
    const slope = guard ? tf.divNoNan(centred, deviation) : tf.div(centred, deviation);
    const along = tf.mul(slope, tf.mean(tf.mul(scaled, normalised), 1, true));
    const dx = tf.div(tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along), scale);
    return [dx, columnSum(tf.mul(dy, normalised)), columnSum(dy)];
  },
});

/** The deviation of every row over its channels: x [..., C] -> [...]. */
export function channelDeviation(x: tf.Tensor): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.tidy(() => tf.reshape(centredOn(rows).deviation, x.shape.slice(0, -1)));
}

/**
 * Channel norm over the last axis.
 *
 * @param x [..., C]
 * @param gamma [C] gain
 * @param beta [C]
 * @returns [..., C]
 */
export function channelNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { epsilon = 1e-5, guard = false }: Partial<ChannelNormAttributes> = {},
): tf.Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  const y = runKernel("WsvadChannelNorm", { x: rows, gamma, beta }, { epsilon, guard });
  return tf.reshape(y, x.shape);
}
