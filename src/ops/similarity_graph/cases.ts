/** Similarity graphs of whole and of shorter videos. */

import {
  drawn,
  FLOAT_TOLERANCE,
  given,
  integers,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { similarityGraphGradientReference, similarityGraphReference } from "./reference.ts";

/** Cosines of random rows lie around 0: this lets some pass. */
const threshold = 0.1;

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const R = B * N, shape: [number, number, number] = [R, T, C];
    const valid = Int32Array.from({ length: R }, (_, r) => Math.max(1, T - 3 * r));
    const x = drawn("x", shape), lengths = integers([R], valid);
    const flops = 2 * R * T * T * C;
    return [{
      name: "WsvadSimilarityGraph",
      inputs: { x, lengths },
      attributes: { threshold },
      expected: ({ x, lengths }) => [similarityGraphReference(x, lengths, shape, threshold)],
      tolerance: FLOAT_TOLERANCE,
      timing: { flops },
    }, {
      name: "WsvadSimilarityGraph everything",
      inputs: { x, lengths },
      // Below every cosine: above the threshold's kink there is none.
      attributes: { threshold: -2 },
      expected: ({ x, lengths }) => [similarityGraphReference(x, lengths, shape, -2)],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
    }, {
      name: "WsvadSimilarityGraphGrad",
      inputs: {
        dy: drawn("dgraph", [R, T, T]),
        x,
        lengths,
        graph: given(
          [R, T, T],
          () => similarityGraphReference(x.values(), valid, shape, threshold),
        ),
      },
      attributes: { threshold },
      expected: ({ dy, x, lengths }) => [
        similarityGraphGradientReference(dy, x, lengths, shape, threshold),
      ],
      tolerance: FLOAT_TOLERANCE,
      timing: { flops: 2 * flops }, // the products of the snippets again, and one with their slopes
    }];
  },
  // VadCLIP's length.
  timedAt: (sizes) => ({ ...sizes, N: 1, T: 8 * sizes.T, C: sizes.O }),
};
