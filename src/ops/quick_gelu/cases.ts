/** QuickGELU and its slope. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { quickGeluGradientReference, quickGeluReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const x = drawn("x", [B * N * T, C]);
    return [{
      name: "WsvadQuickGelu",
      inputs: { x },
      expected: ({ x }) => [quickGeluReference(x)],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadQuickGeluGrad",
      inputs: { dy: drawn("dy", [B * N * T, C]), x },
      expected: ({ dy, x }) => [quickGeluGradientReference(dy, x)],
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }];
  },
};
