/** Running statistics in place. */

import * as tf from "@tensorflow/tfjs";
import { drawn, FLOAT_TOLERANCE, type OperationCases } from "../kernel/kernel_case.ts";
import { moveRunning } from "./op.ts";

const keep = 0.9, take = 0.1;

export const cases: OperationCases = {
  at: ({ C }) => [{
    name: "WsvadRunningAverage",
    inputs: { running: drawn("beta", [C]), value: drawn("gamma", [C]) },
    run({ running, value }) {
      const moved = tf.variable(tf.mul(running, 1)); // memory of its own
      moveRunning(moved, value, keep, take);
      const result = tf.clone(moved);
      moved.dispose();
      return result;
    },
    expected: ({ running, value }) => [
      Float64Array.from(running, (old, i) => old * keep + value[i] * take),
    ],
    tolerance: FLOAT_TOLERANCE,
  }],
};
