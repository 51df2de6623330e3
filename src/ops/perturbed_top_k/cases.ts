/** Selection over noisy copies of scores. */

import {
  drawn,
  FLOAT_TOLERANCE,
  given,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { perturbedTopKGradientReference, perturbedTopKReference } from "./reference.ts";

const sigma = 0.05; // CLIP-TSA's

export const cases: OperationCases = {
  at({ B, N, T, k }) {
    const n = 10 * N + 1, shape: [number, number, number] = [B, n, T];
    const scores = drawn("scores", [B, T]), noise = drawn("noise", shape);
    return [{
      name: "WsvadPerturbedTopK",
      inputs: { scores, noise },
      attributes: { k, sigma },
      expected({ scores, noise }) {
        const { frequency, chosen } = perturbedTopKReference(scores, noise, shape, { k, sigma });
        return [frequency, chosen];
      },
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadPerturbedTopKGradient",
      inputs: {
        slope: drawn("slope", [B, T]),
        noise,
        chosen: given(
          shape,
          () => perturbedTopKReference(scores.values(), noise.values(), shape, { k, sigma }).chosen,
        ),
      },
      attributes: { sigma },
      expected: ({ slope, noise, chosen }) => [
        perturbedTopKGradientReference(slope, noise, chosen, shape, sigma),
      ],
      tolerance: FLOAT_TOLERANCE,
    }];
  },
};
