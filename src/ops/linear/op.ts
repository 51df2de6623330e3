/** Fully connected layer; bias, activation and dropout fused. */

import * as tf from "@tensorflow/tfjs";
import { activate, type Activation, activationGradient, withoutOutput } from "../activation/op.ts";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";
import { type Dropout, dropout as drop } from "../random_values/op.ts";

function composed(
  { x, weight, bias }: Record<string, tf.Tensor>,
  activation: Activation,
): tf.Tensor {
  const product = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
  return activate(bias ? tf.add(product, bias) : product, activation);
}

/** Gradients from that before the activation, dz [M, O]. */
function slopesOf(dz: tf.Tensor2D, x: tf.Tensor, weight: tf.Tensor) {
  return {
    x: () => tf.matMul(dz, weight as tf.Tensor2D), // [M, I]
    weight: () => tf.matMul(dz, x as tf.Tensor2D, true), // [O, I]
    bias: () => columnSum(dz), // [O]
  };
}

// x [M, I], weight [O, I], bias [O]? -> [M, O]. attributes { activation }
defineKernel({
  name: "WsvadLinear",
  composed: (inputs, { activation }) => composed(inputs, activation),
  gradient: {
    inputsToSave: ["x", "weight"],
    outputsToSave: [true],
    gradFunc: (dy, [x, weight, y], attributes) => {
      const { activation } = attributes as unknown as { activation: Activation };
      return slopesOf(activationGradient(dy as tf.Tensor, y, activation) as tf.Tensor2D, x, weight);
    },
  },
  shapeOnly: withoutOutput,
});

// x [M, I], weight [O, I], bias [O]?, state int32 [4] -> [M, O].
// attributes { activation, rate, stream }
defineKernel({
  name: "WsvadLinearDropout",
  composed: (inputs, { activation, rate, stream }) =>
    drop(composed(inputs, activation), { rate, state: inputs.state, stream }),
  gradient: {
    inputsToSave: ["x", "weight", "state"],
    outputsToSave: [true],
    gradFunc: (gradient, [x, weight, state, y], attributes) => {
      const { activation, rate, stream } = attributes as unknown as
        & { activation: Activation }
        & Dropout;
      const dy = gradient as tf.Tensor;
      // Without an activation an output of 0 may be one that was kept, so the mask is drawn again.
      const dz = activation === "none"
        ? drop(dy, { rate, state, stream })
        : activationGradient(dy, y, activation, rate);
      return {
        ...slopesOf(dz as tf.Tensor2D, x, weight),
        state: () => tf.zerosLike(state),
      };
    },
  },
  shapeOnly: ({ activation }) => [false, false, false, activation === "none"],
});

/**
 * y = dropout(activation(x weight^T + bias)).
 *
 * @param x [..., I] f32
 * @param weight [O, I], PyTorch's order
 * @param bias [O]
 * @param dropout of the output; absent: none
 * @returns [..., O]
 */
export function linear(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation: Activation = "none",
  dropout?: Dropout,
): tf.Tensor {
  const inputs = x.shape.at(-1)!;
  const rows = tf.reshape(x, [-1, inputs]); // [M, I]
  const y = dropout
    ? runKernel("WsvadLinearDropout", { x: rows, weight, bias, state: dropout.state }, {
      activation,
      rate: dropout.rate,
      stream: dropout.stream,
    })
    : runKernel("WsvadLinear", { x: rows, weight, bias }, { activation }); // [M, O]
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
}
