/** Sums over rows. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { columnSumReference } from "./reference.ts";

export const cases: OperationCases = {
  at: ({ B, N, T, C }) => [{
    name: "WsvadColumnSum",
    inputs: { x: drawn("x", [B * N * T, C]) },
    expected: ({ x }) => [columnSumReference(x, [B * N * T, C])],
    tolerance: FLOAT_TOLERANCE,
    timing: MEMORY_BOUND,
  }],
};
