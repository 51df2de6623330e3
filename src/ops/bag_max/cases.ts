/** The largest score of each bag. */

import { drawn, type OperationCases } from "../kernel/kernel_case.ts";
import "./op.ts";
import { bagMaxReference } from "./reference.ts";

export const cases: OperationCases = {
  at: ({ B, T }) => [{
    name: "WsvadBagMax",
    inputs: { x: drawn("scores", [B, T]) },
    expected: ({ x }) => [bagMaxReference(x, [B, T])],
    tolerance: 0,
    slopes: ["x"],
  }],
};
