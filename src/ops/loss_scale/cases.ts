/**
 * Four scaled steps: one grows the scale, one overflows, one clips, one is what only a scale of 1
 * leaves.
 */

import * as tf from "@tensorflow/tfjs";
import type { OperationCases } from "../kernel/kernel_case.ts";
import { overwrite } from "../kernel/overwrite.ts";
import { endScaledStep } from "./op.ts";
import { endScaledStepReference } from "./reference.ts";

const steps: { squares: number[]; clip: number | null; state?: number[] }[] = [
  { squares: [3, 0, 2 ** 30], clip: null },
  { squares: [1, Infinity, 4], clip: 1 },
  { squares: [2 ** 34, 2 ** 20, 5], clip: 0.25 },
  { squares: [NaN, 7, 1], clip: null, state: [1, 3, 9] },
];
const growthInterval = 1, first = [1024, 0, 0];

export const cases: OperationCases = {
  at: () => [{
    name: "WsvadLossScale",
    inputs: {},
    run() {
      const state = tf.variable(tf.tensor1d(first), false);
      const results = steps.map((step) => {
        if (step.state) overwrite(state, Float32Array.from(step.state));
        const squares = tf.tensor1d(step.squares);
        const { factor, seen } = endScaledStep(state, squares, step.clip, growthInterval);
        // What is not finite is compared as such elsewhere: a case compares numbers.
        const finite = tf.where(tf.isFinite(seen), seen, tf.fill(seen.shape, -1));
        return tf.concat([factor, finite, tf.mul(state, 1)]);
      });
      state.dispose();
      return results;
    },
    expected() {
      const plain = [...first];
      return steps.map(({ squares, clip, state }) => {
        if (state) plain.splice(0, 3, ...state);
        const result = endScaledStepReference(plain, squares, clip, growthInterval);
        return [...result.map((value) => Number.isFinite(value) ? value : -1), ...plain];
      });
    },
    tolerance: 1e-6,
  }],
};
