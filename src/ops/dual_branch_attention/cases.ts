/** Attention by content and by distance, side by side. */

import * as tf from "@tensorflow/tfjs";
import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import { dualBranchAttention } from "./op.ts";
import { dualBranchAttentionReference, dualBranchGradientReference } from "./reference.ts";

const heads = 2;

export const cases: OperationCases = {
  at({ B, N, T, C }) {
    const R = B * N, x = drawn("two branches", [R, T, 8 * C]);
    return [{
      name: "WsvadDualBranchAttention",
      inputs: { x },
      run: ({ x }) => dualBranchAttention(x, heads),
      expected: ({ x }) => [dualBranchAttentionReference(x, [R, T, 2 * C], heads)],
      tolerance: FLOAT_TOLERANCE,
      slopes: ["x"],
    }, {
      name: "WsvadDualBranchAttentionGrad",
      inputs: { x, dy: drawn("slopes of two branches", [R, T, 4 * C]) },
      run: ({ x, dy }) => tf.grad((x) => tf.sum(tf.mul(dualBranchAttention(x, heads), dy)))(x),
      expected: ({ x, dy }) => [dualBranchGradientReference(x, dy, [R, T, 2 * C], heads)],
      tolerance: FLOAT_TOLERANCE,
    }];
  },
};
