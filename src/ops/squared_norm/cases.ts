/** The sum of the squares of a matrix. */

import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";

export const cases: OperationCases = {
  at: ({ B, N, T, C }) => [{
    name: "WsvadSquaredNorm",
    inputs: { x: drawn("x", [B * N * T, C]) },
    expected: ({ x }) => [[Array.from(x).reduce((sum, value) => sum + value * value, 0)]],
    tolerance: FLOAT_TOLERANCE,
    slopes: ["x"],
  }],
};
