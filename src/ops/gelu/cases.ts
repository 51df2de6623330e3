/** GELU and its slope. */

import { drawn, MEMORY_BOUND, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { geluReference, geluSlopeReference } from "./reference.ts";

/** The formula of the error function is good to 1.5e-7; the factors of the slope add their own. */
const tolerance = 2e-6;

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const x = drawn("x", [B * N * T, C], (value) => 4 * value);
    return [{
      name: "WsvadGelu",
      inputs: { x },
      expected: ({ x }) => [Float64Array.from(x, geluReference)],
      tolerance,
      slopes: ["x"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadGeluGrad",
      inputs: { dy: drawn("dy", [B * N * T, C]), x },
      expected: ({ dy, x }) => [
        Float64Array.from(x, (value, i) => dy[i] * geluSlopeReference(value)),
      ],
      tolerance,
      timing: MEMORY_BOUND,
    }];
  },
};
