/** Layer norm and its gradient. */

import { OVER_CHANNELS, rowNormCases } from "../group_norm/row_norm_cases.ts";
import type { OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { layerNormReference } from "./reference.ts";

export const cases: OperationCases = {
  at: (sizes) =>
    rowNormCases(sizes, {
      kernel: "WsvadLayerNorm",
      reference: layerNormReference,
      beside: false,
      attributes: OVER_CHANNELS,
    }),
};
