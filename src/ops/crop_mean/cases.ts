/** The mean over crops and its gradient. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { cropMeanGradientReference, cropMeanReference } from "./reference.ts";

export const cases: OperationCases = {
  at: ({ B, N, T, C }) => [{
    name: "WsvadCropMean",
    inputs: { x: drawn("x", [B, N, T, C]) },
    attributes: { crops: N },
    expected: ({ x }) => [cropMeanReference(x, [B, N, T * C])],
    tolerance: FLOAT_TOLERANCE,
    slopes: ["x"],
    timing: MEMORY_BOUND,
  }, {
    name: "WsvadCropMeanGradient",
    inputs: { dy: drawn("dy", [B, T, C]) },
    attributes: { crops: N },
    expected: ({ dy }) => [cropMeanGradientReference(dy, [B, N, T * C])],
    tolerance: FLOAT_TOLERANCE,
    timing: MEMORY_BOUND,
  }],
};
