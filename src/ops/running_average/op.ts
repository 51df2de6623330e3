/** Exponential moving averages in place, for the running statistics of batch norms. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernels } from "../kernel/kernel.ts";

// running, value [C] -> [running keep + value take]; a form that works in place returns [].
// attributes { keep, take }
defineKernel({
  name: "WsvadRunningAverage",
  composed: ({ running, value }, { keep, take }) => [
    tf.add(tf.mul(running, keep), tf.mul(value, take)),
  ],
});

/** running = running keep + value take; `running` is not differentiated. */
export function moveRunning(
  running: tf.Variable,
  value: tf.Tensor,
  keep: number,
  take: number,
): void {
  tf.tidy(() => {
    const [moved] = runKernels("WsvadRunningAverage", { running, value }, { keep, take });
    if (moved) running.assign(moved);
  });
}
