/** Binary cross entropy on probabilities, exactly PyTorch's `BCELoss`. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** PyTorch floors each logarithm here, and the divisor of the derivative at 1e-12. */
const LOG_FLOOR = -100;
const DIVISOR_FLOOR = 1e-12;

/**
 * max(log x, -100) of x in [0, 1]. GPUs may give any number for the logarithm of 0; SwiftShader
 * gives -88.
 */
function flooredLog(x: tf.Tensor): tf.Tensor {
  const floored = tf.maximum(tf.log(x), LOG_FLOOR);
  return tf.where(tf.equal(x, 0), tf.fill(x.shape, LOG_FLOOR), floored);
}

// p, target [M] -> scalar mean of -(y max(log p, -100) + (1 - y) max(log(1 - p), -100))
defineKernel({
  name: "WsvadBinaryCrossEntropy",
  composed: ({ p, target }) => {
    const logP = flooredLog(p), logQ = flooredLog(tf.sub(1, p));
    const terms = tf.add(tf.mul(target, logP), tf.mul(tf.sub(1, target), logQ));
    return tf.neg(tf.mean(terms));
  },
  gradient: {
    inputsToSave: ["p", "target"],
    gradFunc: (dy, [p, target]) => ({
      p: () => {
        const divisor = tf.maximum(tf.mul(p, tf.sub(1, p)), DIVISOR_FLOOR);
        return tf.mul(tf.div(tf.sub(p, target), divisor), tf.div(dy as tf.Tensor, p.size));
      },
      target: () => tf.zerosLike(target),
    }),
  },
});

/** p in [0, 1] and targets of the same shape -> scalar mean. */
export function binaryCrossEntropy(p: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return runKernel("WsvadBinaryCrossEntropy", {
    p: tf.reshape(p, [-1]),
    target: tf.reshape(target, [-1]),
  }) as tf.Scalar;
}
