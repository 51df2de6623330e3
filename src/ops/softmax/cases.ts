/** Softmax over rows, whole and in part. */

import {
  drawn,
  FLOAT_TOLERANCE,
  given,
  integers,
  MEMORY_BOUND,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { softmaxGradientReference, softmaxReference } from "./reference.ts";

export const cases: OperationCases = {
  at({ B, N, T, C: S }) {
    const M = B * N * T, shape: [number, number] = [M, S];
    const valid = Array.from({ length: B }, (_, b) => 1 + 5 * b % S);
    const x = drawn("logits", shape, (value) => 8 * value);
    return [{
      name: "WsvadSoftmax",
      inputs: { x },
      expected: ({ x }) => [softmaxReference(x, shape)],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
      timing: MEMORY_BOUND,
    }, {
      name: "WsvadSoftmax lengths",
      inputs: { x, lengths: integers([B], valid) },
      expected: ({ x }) => [softmaxReference(x, shape, valid)],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
    }, {
      name: "WsvadSoftmaxGrad",
      inputs: {
        dy: drawn("dy", shape),
        y: given(shape, () => softmaxReference(x.values(), shape)),
      },
      expected: ({ dy, y }) => [softmaxGradientReference(dy, y, shape)],
      tolerance: FLOAT_TOLERANCE,
      timing: MEMORY_BOUND,
    }];
  },
};
