/** Matrix products as tf.matMul makes them on a device, large enough for its tiles. */

import * as tf from "@tensorflow/tfjs";
import {
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import { matMulReference } from "./reference.ts";

/** One fills no tile, one several, one is summed in slices: [depth, M, N, K]. */
const SHAPES: [number, number, number, number][] = [
  [1, 33, 21, 17],
  [2, 70, 66, 31],
  [1, 130, 131, 65],
  [1, 64, 50, 1100],
];

/**
 * Every transpose of products [depth, M, K] x [depth, K, N], whatever the sizes of the other cases.
 */
export const cases: OperationCases = {
  at: () =>
    SHAPES.flatMap(([depth, M, N, K]) =>
      [[false, false], [false, true], [true, false], [true, true]].map(
        ([ofA, ofB]): KernelCase => {
          const batch = depth > 1 ? [depth] : [];
          return {
            name: `BatchMatMul ${[depth, M, K, N].join("x")} ${ofA ? "a^T" : "a"} ${
              ofB ? "b^T" : "b"
            }`,
            inputs: {
              a: drawn("product a", [...batch, ...(ofA ? [K, M] : [M, K])]),
              b: drawn("product b", [...batch, ...(ofB ? [N, K] : [K, N])]),
            },
            run: ({ a, b }) => tf.matMul(a, b, ofA, ofB),
            expected: ({ a, b }) => [matMulReference(a, b, [depth, M, N, K], [ofA, ofB])],
            tolerance: FLOAT_TOLERANCE,
          };
        },
      )
    ),
};
