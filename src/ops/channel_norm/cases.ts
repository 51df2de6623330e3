/** Channel norm and its gradient. */

import { OVER_CHANNELS, rowNormCases } from "../group_norm/row_norm_cases.ts";
import type { OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { channelNormReference } from "./reference.ts";

export const cases: OperationCases = {
  at: (sizes) =>
    rowNormCases(sizes, {
      kernel: "WsvadChannelNorm",
      reference: channelNormReference,
      beside: true,
      // One channel alone is its own mean: without the guard the slope of its deviation is a matter
      // of rounding.
      attributes: { ...OVER_CHANNELS, guard: true },
    }),
};
