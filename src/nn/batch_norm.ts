/** Batch normalisation layer with running statistics, as PyTorch's. */

import type * as tf from "@tensorflow/tfjs";
import type { Context, Initialiser, Scope } from "../contract/slot.ts";
import { batchNormEval, batchNormTrain } from "../ops/batch_norm/op.ts";
import { moveRunning } from "../ops/running_average/op.ts";
import { ones, zeros } from "./initialisers.ts";

/** x [..., C] -> [..., C]. In training the running statistics have moved when the call returns. */
export interface BatchNorm {
  (x: tf.Tensor, context: Context): tf.Tensor;
  /** [C], not to be differentiated. */
  runningMean: tf.Variable;
  runningVariance: tf.Variable;
}

export interface BatchNormOptions {
  epsilon?: number;
  /** Share of the new statistics in the running ones. */
  momentum?: number;
  /** Starting value of the gain; ones unless the method starts a branch as identity. */
  gain?: Initialiser;
}

/**
 * Normalises x [..., C] per channel. Training uses the statistics of the rows (biased variance) and
 * moves the running ones (unbiased variance); evaluation uses the running ones.
 *
 * Parameters `<name>.weight`, `.bias`; buffers `.running_mean`, `.running_var`, all [C].
 */
export function batchNorm(
  scope: Scope,
  name: string,
  channels: number,
  { epsilon = 1e-5, momentum = 0.1, gain = ones }: BatchNormOptions = {},
): BatchNorm {
  const gamma = scope.parameter(`${name}.weight`, [channels], gain);
  const beta = scope.parameter(`${name}.bias`, [channels], zeros);
  const runningMean = scope.buffer(`${name}.running_mean`, [channels], zeros);
  const runningVariance = scope.buffer(`${name}.running_var`, [channels], ones);
  const normalise = (x: tf.Tensor, { mode }: Context) => {
    if (mode === "eval") {
      return batchNormEval(x, gamma, beta, runningMean, runningVariance, epsilon);
    }
    const { y, mean, variance } = batchNormTrain(x, gamma, beta, epsilon);
    const rows = x.size / channels;
    moveRunning(runningMean, mean, 1 - momentum, momentum);
    moveRunning(runningVariance, variance, 1 - momentum, momentum * rows / (rows - 1));
    return y;
  };
  return Object.assign(normalise, { runningMean, runningVariance });
}
