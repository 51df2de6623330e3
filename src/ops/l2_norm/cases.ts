/** Lengths of rows, one of zeros among them. */

import {
  drawn,
  FLOAT_TOLERANCE,
  given,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { l2NormGradientReference, l2NormReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const M = B * N * T, shape = [M, C];
    const withZeroRow = drawn("x", shape, (value, i) => i < C ? 0 : value);
    return [{
      name: "WsvadL2Norm",
      inputs: { x: drawn("x", shape, (value) => value + 2) },
      expected: ({ x }) => [l2NormReference(x, [M, C])],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadL2Norm zeros",
      inputs: { x: withZeroRow },
      expected: ({ x }) => [l2NormReference(x, [M, C])],
      tolerance: FLOAT_TOLERANCE,
    }, {
      name: "WsvadL2NormGradient",
      inputs: {
        x: withZeroRow,
        norm: given([M], () => l2NormReference(withZeroRow.values(), [M, C])),
        dy: drawn("norm slopes", [M]),
      },
      expected: ({ x, norm, dy }) => [l2NormGradientReference(x, norm, dy, C)],
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }];
  },
};
