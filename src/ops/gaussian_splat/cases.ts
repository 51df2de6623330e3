/** Peaks of curves and what is spread around them. */

import { drawn, FLOAT_TOLERANCE, given, type OperationCases } from "../kernel/kernel_case.ts";
import { sigmaModes } from "./op.ts";
import { gaussianSplatReference, peaksReference } from "./reference.ts";

const rule = { neighbours: 1, prominence: 0.1 };

export const cases: OperationCases = {
  at({ B, T }) {
    const scores = drawn("scores", [B, T], (value) => (value + 1) / 2);
    const peaks = given([B, T], () => peaksReference(scores.values(), [B, T], rule));
    return [
      {
        name: "WsvadPeaks",
        inputs: { scores },
        attributes: rule,
        expected: ({ scores }) => [peaksReference(scores, [B, T], rule)],
        tolerance: 0,
      },
      ...sigmaModes.map((mode) => ({
        name: `WsvadGaussianSplat ${mode}`,
        inputs: { scores, peaks },
        attributes: { mode, sigmaFloor: 0.05 },
        expected: ({ scores, peaks }: Record<string, ArrayLike<number>>) => [
          gaussianSplatReference(scores, peaks, [B, T], { mode, sigmaFloor: 0.05 }),
        ],
        tolerance: FLOAT_TOLERANCE,
      })),
    ];
  },
};
