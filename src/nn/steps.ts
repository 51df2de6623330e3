/** Networks that are one layer after the other, some of which a golden case looks at. */

import * as tf from "@tensorflow/tfjs";
import type { Observe } from "../contract/backbone.ts";
import { cropMean } from "../ops/crop_mean/op.ts";

/** A layer, and the names under which its output is told of. */
export interface Step {
  run(x: tf.Tensor): tf.Tensor;
  names?: string[];
}

/** Runs the steps; what the next has read is freed on the way, unless somebody is told of it. */
export function runSteps(x: tf.Tensor, steps: readonly Step[], observe?: Observe): tf.Tensor {
  let output = x;
  for (const { run, names = [] } of steps) {
    const next = tf.tidy(() => {
      const made = run(output);
      return made === output ? tf.clone(made) : made;
    });
    if (output !== x && !observe) output.dispose();
    output = next;
    for (const name of names) observe?.(name, output);
  }
  return output;
}

/** x [N, T, H, W, C] -> [N, C], the mean over frames, rows and columns. */
export function volumeMean(x: tf.Tensor): tf.Tensor {
  const [N, T, H, W, C] = x.shape as number[];
  return cropMean(tf.reshape(x, [N, T * H * W, C]));
}
