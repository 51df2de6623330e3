/** How far the tensors of a golden case may be from what is expected. */

import type { Parameter } from "../nn/parameter_store.ts";
import type { Tolerance } from "./compare.ts";
import type { Filled } from "./fill.ts";
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
    perturbed: golden.perturbed?.max_abs ?? {},
    zeroGradients: golden.zero_gradients,
    largestGradient: Math.max(0, ...[...gradients.values()].map(({ norm }) => norm)),
    gradients,
    rounding: new Map(
      golden.parameters.map((parameter) => [parameter.name, roundingOf(parameter)]),
    ),
  };

  /**
   * Each step rounds each element once more, by half a unit in the last place of the largest at
   * most.
   */
  function roundingOf({ shape, lo, hi }: Filled): number {
    const steps = golden.step_inputs?.count ?? 0;
    const elements = shape.reduce((product, size) => product * size, 1);
    return steps * halfLastPlace(Math.max(Math.abs(lo), Math.abs(hi))) * Math.sqrt(elements);
  }
}

/** Half a unit in the last place of a float32 number: of 24 binary digits. */
function halfLastPlace(x: number): number {
  return x === 0 ? 0 : 2 ** (Math.floor(Math.log2(x)) - 24);
}
