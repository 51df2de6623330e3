/** The largest values of each row as a mask. */

import { drawn, MEMORY_BOUND, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { topKMaskReference } from "./reference.ts";

export const cases: OperationCases = {
  at: ({ B, N, T, k }) => [{
    name: "WsvadTopKMask",
    // Few distinct values, so that ties are met.
    inputs: { values: drawn("values", [B * N, T], (value) => Math.round(value * 4)) },
    attributes: { k },
    expected: ({ values }) => [topKMaskReference(values, [B * N, T], k)],
    tolerance: 0,
    timing: MEMORY_BOUND,
  }],
};
