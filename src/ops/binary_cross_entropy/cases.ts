/** Binary cross entropy, at its floor too. */

import { drawn, FLOAT_TOLERANCE, given, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { binaryCrossEntropyReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, T }) {
    const target = given([B * T], () => Float32Array.from({ length: B * T }, (_, i) => i % 2));
    return [{
      name: "WsvadBinaryCrossEntropy floor",
      // The logarithm of 1 - p meets its floor at the first.
      inputs: { p: drawn("scores", [B * T], (value, i) => i === 0 ? 1 : Math.abs(value)), target },
      expected: ({ p, target }) => [[binaryCrossEntropyReference(p, target)]],
      tolerance: FLOAT_TOLERANCE,
    }, {
      name: "WsvadBinaryCrossEntropy",
      // Far enough from 0 and 1 for differences of a hundredth.
      inputs: { p: drawn("scores", [B * T], (value) => 0.5 + 0.3 * value), target },
      expected: ({ p, target }) => [[binaryCrossEntropyReference(p, target)]],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["p"],
    }];
  },
};
