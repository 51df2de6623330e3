/** Sums over time that fall off with the distance. */

import {
  drawn,
  FLOAT_TOLERANCE,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { distanceDecayReference } from "./reference.ts";

const scale = Math.E; // UR-DMU's

export const cases: OperationCases = {
  at: ({ B, N, T, C }) => [{
    name: "WsvadDistanceDecay",
    inputs: { x: drawn("decaying", [B * N, T, C]) },
    attributes: { scale },
    expected: ({ x }) => [distanceDecayReference(x, [B * N, T, C], scale)],
    tolerance: FLOAT_TOLERANCE,
    slopes: ["x"],
    timing: MEMORY_BOUND,
  }],
};
