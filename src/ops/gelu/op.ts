/** GELU with the error function (not the tanh form, which differs by up to 5e-4 a unit). */

import * as tf from "@tensorflow/tfjs";
import { inTurn } from "../kernel/in_turn.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

const ROOT_HALF = Math.SQRT1_2;
const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

/** Standard normal distribution function. */
function phi(x: tf.Tensor): tf.Tensor {
  return inTurn(
    x,
    (x) => tf.mul(x, ROOT_HALF),
    (x) => tf.erf(x),
    (x) => tf.add(1, x),
    (x) => tf.mul(0.5, x),
  );
}

// x [...] -> x phi(x)
defineKernel({
  name: "WsvadGelu",
  composed: ({ x }) => inTurn(phi(x), (share) => tf.mul(x, share)),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => runKernel("WsvadGeluGrad", { dy: dy as tf.Tensor, x }) }),
  },
});

// dy, x [...] -> dy (phi(x) + x density(x))
defineKernel({
  name: "WsvadGeluGrad",
  composed: ({ dy, x }) => {
    const weighted = inTurn(
      x,
      (x) => tf.square(x),
      (square) => tf.mul(-0.5, square),
      (power) => tf.exp(power),
      (density) => tf.mul(DENSITY_AT_0, density),
      (density) => tf.mul(x, density),
    );
    const slope = inTurn(phi(x), (share) => tf.add(share, weighted));
    weighted.dispose();
    return inTurn(slope, (slope) => tf.mul(dy, slope));
  },
});

/** x of any shape -> x phi(x). */
export function gelu(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadGelu", { x });
}
