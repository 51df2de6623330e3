/** Depthwise convolution with few kernels. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { sharedConvReference, sharedConvWeightGradientReference } from "./reference.ts";

/** Kernels, and taps of each. */
const H = 3, K = 5;

export const cases: OperationCases = {
  at({ B, T, C: width }) {
    const R = B, C = width * H, shape = [R, T, C];
    const x = drawn("wide x", shape);
    return [{
      name: "WsvadSharedConv",
      inputs: { x, weight: drawn("shared", [H, K]), bias: drawn("bias", [H]) },
      expected: ({ x, weight, bias }) => [
        sharedConvReference(x, weight, bias, [R, T, C, H, K]),
      ],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x", "weight", "bias"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadSharedConvGradWeight",
      inputs: { x, dy: drawn("wide dy", shape) },
      attributes: { kernels: H, kernelSize: K },
      expected: ({ x, dy }) => [sharedConvWeightGradientReference(x, dy, [R, T, C, H, K])],
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }];
  },
};
