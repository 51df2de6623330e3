/** How far the tensors of a golden case may be from what is expected. */

import type { Parameter } from "../nn/parameter_store.ts";
import type { Tolerance } from "./compare.ts";
import type { GoldenCase } from "./golden_case.ts";

/** @param trained parameters of the model that the case is run on */
export function toleranceOf(golden: GoldenCase, trained: Parameter[]): Tolerance {
  const gradients = new Map(
    trained.map(({ name, variable }) => [name, {
      elements: variable.size,
      norm: Number(golden.expected.get(`grad_norm/${name}`)?.data[0] ?? 0),
    }]),
  );
  return {
    kind: golden.kind,
    noise: golden.fp32_noise,
    zeroGradients: golden.zero_gradients,
    largestGradient: Math.max(0, ...[...gradients.values()].map(({ norm }) => norm)),
    gradients,
  };
}
