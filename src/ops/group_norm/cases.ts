/** Group norm with its activation, and its gradient. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { groupNormReference, normGradientReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const R = B * N, groups = C % 2 === 0 ? 2 : 1, width = C / groups, epsilon = 1e-3;
    const shape: [number, number, number] = [R, T, C];
    const x = drawn("x", shape), gamma = drawn("gamma", [C]), beta = drawn("beta", [C]);
    const forward = (activation: "relu" | "sigmoid") => ({
      name: `WsvadGroupNorm ${activation}`,
      inputs: { x, gamma, beta },
      attributes: { groups, epsilon, activation },
      expected: ({ x, gamma, beta }: Record<string, ArrayLike<number>>) => [
        groupNormReference(x, gamma, beta, shape, { groups, epsilon, activation }),
      ],
      tolerance: FLOAT_TOLERANCE,
    });
    return [
      { ...forward("relu"), timing: MEMORY_BOUND },
      // A smooth one for the slopes; the norm of one or two values is all but a step.
      { ...forward("sigmoid"), slopes: T * width > 2 ? ["x", "gamma", "beta"] : ["gamma"] },
      {
        name: "WsvadGroupNormGrad",
        inputs: { dz: drawn("dy", shape), x, gamma },
        attributes: { groups, epsilon },
        expected({ dz, x, gamma }) {
          const places = Array.from({ length: R * groups }, (_, i) => {
            const r = Math.floor(i / groups), first = i % groups * width;
            return Array.from({ length: T * width }, (_, j) => {
              return (r * T + Math.floor(j / width)) * C + first + j % width;
            });
          });
          const gradient = normGradientReference(dz, x, gamma, places, { epsilon, beside: false });
          return [gradient.dx, gradient.dgamma, gradient.dbeta];
        },
        tolerance: FLOAT_TOLERANCE,
        timing: MEMORY_BOUND,
      },
    ];
  },
};
