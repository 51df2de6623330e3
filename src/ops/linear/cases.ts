/** Dense layers, with their activations and with dropout. */

import * as tf from "@tensorflow/tfjs";
import {
  type CaseTensors,
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import { DRAWING, drawingState, uniformsOf } from "../random_values/drawing.ts";
import "./op.ts";
import { linearReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C, O }) {
    const M = B * N * T, flops = 2 * M * C * O;
    const inputs = {
      x: drawn("x", [M, C]),
      weight: drawn("weight", [O, C], (value) => value / Math.sqrt(C)),
      bias: drawn("bias", [O]),
    };
    const plain = (["none", "relu", "sigmoid"] as const).map((activation): KernelCase => ({
      name: `WsvadLinear ${activation}`,
      inputs,
      attributes: { activation },
      expected: ({ x, weight, bias }) => [
        linearReference(x, weight, bias, [M, C, O], activation),
      ],
      tolerance: FLOAT_TOLERANCE,
      slopes: activation === "relu" ? undefined : Object.keys(inputs), // relu has a kink
      timing: activation === "relu" ? { flops } : undefined,
    }));
    const { rate } = DRAWING;
    const dropped = (["relu", "sigmoid"] as const).map((activation): KernelCase => ({
      name: `WsvadLinearDropout ${activation}`,
      inputs: { ...inputs, state: drawingState },
      attributes: { activation, rate, stream: DRAWING.stream },
      expected({ x, weight, bias }) {
        const u = uniformsOf(M * O), scale = Math.fround(1 / (1 - rate));
        const y = linearReference(x, weight, bias, [M, C, O], activation);
        return [y.map((value, i) => value * (u[i] >= rate ? scale : 0))];
      },
      tolerance: FLOAT_TOLERANCE,
      slopes: activation === "relu" ? undefined : Object.keys(inputs),
      timing: activation === "relu" ? { flops, stock: stockDropout } : undefined,
    }));
    return [...plain, ...dropped];
  },
};

function stockDropout({ x, weight, bias }: CaseTensors): tf.Tensor {
  const product = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
  return tf.dropout(tf.relu(tf.add(product, bias)), DRAWING.rate);
}
