/** What layer norm and channel norm have in common: each row is normalised over its channels. */

import {
  type CaseSizes,
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  MEMORY_BOUND,
} from "../kernel/kernel_case.ts";
import { normGradientReference } from "./reference.ts";

/** Large enough that a gradient over two channels is no matter of rounding. */
export const OVER_CHANNELS = { epsilon: 1e-3 };

interface RowNorm {
  kernel: string;
  reference(
    x: ArrayLike<number>,
    gamma: ArrayLike<number>,
    beta: ArrayLike<number>,
    shape: [number, number],
    epsilon: number,
  ): Float64Array;
  /** Whether epsilon stands beside the root. */
  beside: boolean;
  attributes: { epsilon: number; guard?: boolean };
}

/** The norm and its gradient. */
export function rowNormCases(
  { B, N, T, C }: CaseSizes,
  { kernel, reference, beside, attributes }: RowNorm,
): KernelCase[] {
  const M = B * N * T, { epsilon } = attributes;
  const x = drawn("x", [M, C]), gamma = drawn("gamma", [C]);
  return [{
    name: kernel,
    inputs: { x, gamma, beta: drawn("beta", [C]) },
    attributes,
    expected: ({ x, gamma, beta }) => [reference(x, gamma, beta, [M, C], epsilon)],
    tolerance: FLOAT_TOLERANCE,
    // Over one or two channels the norm is all but a step.
    slopes: C > 2 ? ["x", "gamma", "beta"] : ["gamma", "beta"],
    timing: MEMORY_BOUND,
  }, {
    name: `${kernel}Grad`,
    inputs: { dy: drawn("dy", [M, C]), x, gamma },
    attributes,
    expected({ dy, x, gamma }) {
      const rows = Array.from(
        { length: M },
        (_, m) => Array.from({ length: C }, (_, c) => m * C + c),
      );
      const gradient = normGradientReference(dy, x, gamma, rows, { epsilon, beside });
      return [gradient.dx, gradient.dgamma, gradient.dbeta];
    },
    tolerance: FLOAT_TOLERANCE,
    timing: MEMORY_BOUND,
  }];
}
