/** Batch norm with the statistics of its rows, its gradient, and with stored statistics. */

import {
  drawn,
  FLOAT_TOLERANCE,
  given,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { batchNormGradientReference, batchNormReference } from "./reference.ts";

const epsilon = 1e-5;

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const M = B * N * T;
    const x = drawn("x", [M, C]), gamma = drawn("gamma", [C]), beta = drawn("beta", [C]);
    const statistics = () =>
      batchNormReference(x.values(), gamma.values(), beta.values(), [M, C], epsilon);
    return [{
      name: "WsvadBatchNormTrain",
      inputs: { x, gamma, beta },
      attributes: { epsilon },
      expected({ x, gamma, beta }) {
        const { y, mean, variance } = batchNormReference(x, gamma, beta, [M, C], epsilon);
        return [y, mean, variance];
      },
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x", "gamma", "beta"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadBatchNormGrad",
      inputs: {
        dy: drawn("dy", [M, C]),
        x,
        gamma,
        mean: given([C], () => statistics().mean),
        variance: given([C], () => statistics().variance),
      },
      attributes: { epsilon },
      expected({ dy, x, gamma }) {
        const { dx, dgamma, dbeta } = batchNormGradientReference(
          dy,
          x,
          gamma,
          statistics(),
          [M, C],
          epsilon,
        );
        return [dx, dgamma, dbeta];
      },
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadScaleShift",
      inputs: { x, scale: gamma, shift: beta },
      expected: ({ x, scale, shift }) => [
        Float64Array.from(x, (value, i) => value * scale[i % C] + shift[i % C]),
      ],
      tolerance: FLOAT_TOLERANCE,
    }];
  },
};
