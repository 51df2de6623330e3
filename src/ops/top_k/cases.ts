/** Selection of snippets, and what stands there. */

import {
  drawn,
  FLOAT_TOLERANCE,
  integers,
  MEMORY_BOUND,
  numbers,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import {
  gatherSnippetsReference,
  scatterSnippetsReference,
  topKIndicesReference,
} from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C, k }) {
    const shape: [number, number, number, number] = [B, N, T, C];
    const chosen = Array.from(
      numbers("index", B * k),
      (value) => Math.floor((value + 1) / 2 * T),
    );
    const index = integers([B, k], chosen);
    return [{
      name: "WsvadTopKIndices",
      // Few distinct values, so that ties are met.
      inputs: { values: drawn("values", [B, T], (value) => Math.round(value * 4)) },
      attributes: { k },
      expected: ({ values }) => [topKIndicesReference(values, [B, T], k)],
      tolerance: 0,
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadGatherSnippets",
      inputs: { features: drawn("features", shape), index },
      attributes: { snippets: T },
      expected: ({ features, index }) => [gatherSnippetsReference(features, index, shape, k)],
      tolerance: 0,
      slopes: ["features"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadScatterSnippets",
      inputs: { dy: drawn("chosen", [B, N, k, C]), index },
      attributes: { snippets: T },
      expected: ({ dy, index }) => [scatterSnippetsReference(dy, index, shape, k)],
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }];
  },
};
