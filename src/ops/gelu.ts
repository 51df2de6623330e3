/** GELU with the error function (not the tanh form, which differs by up to 5e-4 a unit). */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "./kernel.ts";

const ROOT_HALF = Math.SQRT1_2;
const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

/** Standard normal distribution function. */
function phi(x: tf.Tensor): tf.Tensor {
  return tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, ROOT_HALF))));
}

// x [...] -> x phi(x)
defineKernel({
  name: "WsvadGelu",
  composed: ({ x }) => tf.mul(x, phi(x)),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => runKernel("WsvadGeluGrad", { dy: dy as tf.Tensor, x }) }),
  },
});

// dy, x [...] -> dy (phi(x) + x density(x))
defineKernel({
  name: "WsvadGeluGrad",
  composed: ({ dy, x }) => {
    const density = tf.mul(DENSITY_AT_0, tf.exp(tf.mul(-0.5, tf.square(x))));
    return tf.mul(dy, tf.add(phi(x), tf.mul(x, density)));
  },
});

/** x of any shape -> x phi(x). */
export function gelu(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadGelu", { x });
}
