/** Differences of L1 norms. */

import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { lengthDifferenceReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, T, C }) {
    const M = B * T;
    // No value crosses 0 within a difference: the magnitude has a kink there.
    const away = (value: number) => value + Math.sign(value);
    return [{
      name: "WsvadLengthDifference",
      inputs: { a: drawn("a", [M, C], away), b: drawn("b", [M, C], away) },
      expected: ({ a, b }) => [lengthDifferenceReference(a, b, [M, C])],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["a", "b"],
    }];
  },
};
