/** The sums over a graph's neighbours. */

import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { graphProductReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const R = B * N;
    return [{
      name: "WsvadGraphProduct",
      inputs: {
        graph: drawn("graph", [R, T, T], (value) => Math.abs(value) / T),
        x: drawn("x", [R, T, C]),
        residual: drawn("residual", [R, T, C]),
      },
      expected: ({ graph, x, residual }) => [graphProductReference(graph, x, residual, [R, T, C])],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["graph", "x", "residual"],
      timing: { flops: 2 * R * T * T * C },
    }];
  },
  // VadCLIP's length.
  timedAt: (sizes) => ({ ...sizes, N: 1, T: 8 * sizes.T, C: sizes.O }),
};
