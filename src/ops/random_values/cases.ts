/** Random numbers and dropout. */

import * as tf from "@tensorflow/tfjs";
import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import { DRAWING, drawingState, STATE, uniformsOf } from "./drawing.ts";
import { hostNormal } from "./op.ts";

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const shape: [number, number] = [B * N * T, C], size = B * N * T * C;
    const { rate, stream } = DRAWING;
    return [{
      name: "WsvadUniform",
      inputs: { state: drawingState },
      attributes: { shape, stream },
      expected: () => [uniformsOf(size)],
      tolerance: 0,
      // tfjs draws on the host: another generator, and a copy to a GPU.
      timing: { flops: 0, stock: () => tf.randomUniform(shape) },
    }, {
      name: "WsvadNormal",
      inputs: { state: drawingState },
      attributes: { shape, stream },
      expected: () => [hostNormal(STATE, stream, size)],
      tolerance: FLOAT_TOLERANCE,
      timing: { flops: 0, stock: () => tf.randomNormal(shape) },
    }, {
      name: "WsvadDropout",
      inputs: { x: drawn("x", shape), state: drawingState },
      attributes: { rate, stream },
      expected({ x }) {
        const u = uniformsOf(size), scale = Math.fround(1 / (1 - rate));
        return [Float64Array.from(x, (value, i) => value * (u[i] >= rate ? scale : 0))];
      },
      tolerance: 1e-7, // one rounding of float32
      slopes: ["x"],
      timing: { flops: 0, stock: ({ x }) => tf.dropout(x, rate) },
    }];
  },
};
