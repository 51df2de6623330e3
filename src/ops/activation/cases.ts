/** The slopes of activations. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { activationGradientReference } from "./reference.ts";

export const cases: OperationCases = {
  at: ({ B, N, T, C }) =>
    (["relu", "sigmoid"] as const).map((activation) => ({
      name: `WsvadActivationGradient ${activation}`,
      inputs: { dy: drawn("dy", [B * N * T, C]), y: drawn("x", [B * N * T, C]) },
      attributes: { activation },
      expected: ({ dy, y }) => [activationGradientReference(dy, y, activation)],
      tolerance: FLOAT_TOLERANCE,
      timing: activation === "relu" ? MEMORY_BOUND : undefined,
    })),
};
