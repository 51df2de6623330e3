/** CLIP's feed-forward part and its gradient. */

import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { quickGeluMlpGradientReference, quickGeluMlpReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C, O }) {
    const M = B * N * T, sizes: [number, number, number, number] = [M, C, O, C];
    const x = drawn("x", [M, C]);
    const wide = drawn("weight 0", [O, C]), wideBias = drawn("weight 1", [O]);
    const narrow = drawn("weight 2", [C, O]), narrowBias = drawn("weight 3", [C]);
    return [{
      name: "WsvadQuickGeluMlp",
      inputs: { x, wide, wideBias, narrow, narrowBias },
      attributes: { trained: true },
      expected: ({ x, wide, wideBias, narrow, narrowBias }) => [
        quickGeluMlpReference(x, wide, wideBias, narrow, narrowBias, sizes),
      ],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x", "wide", "wideBias", "narrow", "narrowBias"],
      timing: { flops: 4 * M * C * O },
    }, {
      name: "WsvadQuickGeluMlpGrad",
      inputs: { dy: drawn("residual", [M, C]), x, wide, wideBias, narrow },
      attributes: { trained: true },
      expected: ({ dy, x, wide, wideBias, narrow }) =>
        quickGeluMlpGradientReference(dy, x, wide, wideBias, narrow, sizes),
      tolerance: FLOAT_TOLERANCE,
      timing: { flops: 10 * M * C * O }, // the wide rows again, and two products for each layer
    }];
  },
};
