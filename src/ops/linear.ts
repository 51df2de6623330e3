/** Fully connected layer, bias and activation fused. */

import * as tf from "@tensorflow/tfjs";
import {
  activate,
  activateReference,
  type Activation,
  activationGradient,
  withoutOutput,
} from "./activation.ts";
import { columnSum } from "./column_sum.ts";
import { defineKernel, runKernel } from "./kernel.ts";

// x [M, I], weight [O, I], bias [O]? -> [M, O]. attributes { activation }
defineKernel({
  name: "WsvadLinear",
  composed: ({ x, weight, bias }, { activation }) => {
    const product = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
    return activate(bias ? tf.add(product, bias) : product, activation);
  },
  gradient: {
    inputsToSave: ["x", "weight"],
    outputsToSave: [true],
    gradFunc: (dy, [x, weight, y], attributes) => {
      const { activation } = attributes as unknown as { activation: Activation };
      const dz = activationGradient(dy as tf.Tensor, y, activation) as tf.Tensor2D; // [M, O]
      return {
        x: () => tf.matMul(dz, weight as tf.Tensor2D), // [M, I]
        weight: () => tf.matMul(dz, x as tf.Tensor2D, true), // [O, I]
        bias: () => columnSum(dz), // [O]
      };
    },
  },
  shapeOnly: withoutOutput,
});

/**
 * y = activation(x weight^T + bias).
 *
 * @param x [..., I] f32
 * @param weight [O, I], PyTorch's order
 * @param bias [O]
 * @returns [..., O]
 */
export function linear(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation: Activation = "none",
): tf.Tensor {
  const inputs = x.shape.at(-1)!;
  const rows = tf.reshape(x, [-1, inputs]); // [M, I]
  const y = runKernel("WsvadLinear", { x: rows, weight, bias }, { activation }); // [M, O]
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
}

/** x [M, I], weight [O, I], bias [O] -> [M, O] in plain double precision loops. */
export function linearReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  [M, I, O]: [number, number, number],
  activation: Activation = "none",
): Float64Array {
  const y = new Float64Array(M * O);
  for (let m = 0; m < M; m++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < I; i++) sum += x[m * I + i] * weight[o * I + i];
      y[m * O + o] = activateReference(sum, activation);
    }
  }
  return y;
}
