/**
 * One optimiser update of one parameter, PyTorch's formulas. A device's own form writes in place
 * and returns nothing; the composed form returns the new tensors, which are then assigned.
 *
 * `hyper` is a small f32 tensor, written once a step and shared by all parameters; `scale` [1]
 * multiplies every gradient before anything else (clipping, accumulation, loss scaling); where it
 * is 0, everything stays as it is, whatever the gradient.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";

/** Positions in `hyper`. Differences such as 1 - beta are taken in double precision on the host. */
export const HYPER = {
  lr: 0, // Adam and AdamW: lr / (1 - beta1^t)
  beta1: 1,
  oneMinusBeta1: 2,
  beta2: 3,
  oneMinusBeta2: 4,
  epsilon: 5,
  weightDecay: 6, // AdamW: 1 - lr x weight decay, the factor itself
  rootCorrection2: 7, // sqrt(1 - beta2^t)
  momentum: 8, // SGD
} as const;
export const HYPER_LENGTH = 9;

function at(hyper: tf.Tensor, key: keyof typeof HYPER): tf.Tensor {
  return tf.slice(hyper, [HYPER[key]], [1]);
}

/** `after`, or `before` where the update is skipped. */
function unlessSkipped(scale: tf.Tensor, before: tf.Tensor[], after: tf.Tensor[]): tf.Tensor[] {
  const made = tf.notEqual(scale, 0); // [1]
  return before.map((old, i) =>
    tf.where(tf.cast(tf.mul(tf.cast(made, "float32"), tf.onesLike(old)), "bool"), after[i], old)
  );
}

// parameter, gradient, m, v [...], hyper [9], scale [1] -> [parameter, m, v].
// attributes { decoupled }
//   g = gradient scale
//     (+ weightDecay parameter unless decoupled; decoupled: parameter *= weightDecay first)
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= lr m / (sqrt(v) / rootCorrection2 + epsilon)
defineKernel({
  name: "WsvadAdam",
  composed: ({ parameter, gradient, m, v, hyper, scale }, { decoupled }) => {
    let g = tf.mul(gradient, scale);
    let start = parameter;
    if (decoupled) start = tf.mul(parameter, at(hyper, "weightDecay"));
    else g = tf.add(g, tf.mul(parameter, at(hyper, "weightDecay")));
    const newM = tf.add(tf.mul(m, at(hyper, "beta1")), tf.mul(g, at(hyper, "oneMinusBeta1")));
    const newV = tf.add(
      tf.mul(v, at(hyper, "beta2")),
      tf.mul(tf.square(g), at(hyper, "oneMinusBeta2")),
    );
    const divisor = tf.add(
      tf.div(tf.sqrt(newV), at(hyper, "rootCorrection2")),
      at(hyper, "epsilon"),
    );
    const updated = tf.sub(start, tf.mul(at(hyper, "lr"), tf.div(newM, divisor)));
    return unlessSkipped(scale, [parameter, m, v], [updated, newM, newV]);
  },
});

// parameter, gradient, accumulator [...], hyper, scale -> [parameter, accumulator]
//   g = gradient scale + weightDecay parameter;  accumulator += g^2;
//     parameter -= lr g / (sqrt(accumulator) + epsilon)
defineKernel({
  name: "WsvadAdagrad",
  composed: ({ parameter, gradient, accumulator, hyper, scale }) => {
    const g = tf.add(tf.mul(gradient, scale), tf.mul(parameter, at(hyper, "weightDecay")));
    const sum = tf.add(accumulator, tf.square(g));
    const divisor = tf.add(tf.sqrt(sum), at(hyper, "epsilon"));
    const updated = tf.sub(parameter, tf.mul(at(hyper, "lr"), tf.div(g, divisor)));
    return unlessSkipped(scale, [parameter, accumulator], [updated, sum]);
  },
});

// parameter, gradient, velocity [...], hyper, scale -> [parameter, velocity]
//   g = gradient scale + weightDecay parameter;  velocity = momentum velocity + g;
//     parameter -= lr velocity
defineKernel({
  name: "WsvadSgd",
  composed: ({ parameter, gradient, velocity, hyper, scale }) => {
    const g = tf.add(tf.mul(gradient, scale), tf.mul(parameter, at(hyper, "weightDecay")));
    const speed = tf.add(tf.mul(velocity, at(hyper, "momentum")), g);
    const updated = tf.sub(parameter, tf.mul(at(hyper, "lr"), speed));
    return unlessSkipped(scale, [parameter, velocity], [updated, speed]);
  },
});

// gradient, m, v, largest [...], hyper, scale -> [g / d, m, v, largest];
// a device's own form gives g / d alone
//   g = gradient scale;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
//     largest = max(largest, v)
//   d = sqrt(largest) / rootCorrection2 + epsilon
defineKernel({
  name: "WsvadStableMoments",
  composed: ({ gradient, m, v, largest, hyper, scale }) => {
    const g = tf.mul(gradient, scale);
    const newM = tf.add(tf.mul(m, at(hyper, "beta1")), tf.mul(g, at(hyper, "oneMinusBeta1")));
    const newV = tf.add(
      tf.mul(v, at(hyper, "beta2")),
      tf.mul(tf.square(g), at(hyper, "oneMinusBeta2")),
    );
    const most = tf.maximum(largest, newV);
    const ratio = tf.div(g, divisorOf(most, hyper));
    const before = [tf.zerosLike(ratio), m, v, largest];
    return unlessSkipped(scale, before, [ratio, newM, newV, most]);
  },
});

/** sqrt(largest) / rootCorrection2 + epsilon. */
function divisorOf(largest: tf.Tensor, hyper: tf.Tensor): tf.Tensor {
  return tf.add(tf.div(tf.sqrt(largest), at(hyper, "rootCorrection2")), at(hyper, "epsilon"));
}

// parameter, m, largest [...], hyper, scale, squares [1], the sum of (g / d)^2 -> [parameter]
//   parameter = weightDecay parameter - lr / max(1, sqrt(squares / number)) m / d
defineKernel({
  name: "WsvadStableUpdate",
  composed: ({ parameter, m, largest, hyper, scale, squares }) => {
    const excess = tf.maximum(tf.sqrt(tf.div(squares, parameter.size)), 1);
    const rate = tf.div(at(hyper, "lr"), excess);
    const start = tf.mul(parameter, at(hyper, "weightDecay"));
    const updated = tf.sub(start, tf.mul(rate, tf.div(m, divisorOf(largest, hyper))));
    return unlessSkipped(scale, [parameter], [updated]);
  },
});

/**
 * One update of StableAdamW with amsgrad: as AdamW by the largest second moment so far, and a rate
 * that is divided by the root mean square of gradient over divisor where that is above 1.
 *
 * Source: Wortsman et al., NeurIPS 2023, arXiv 2304.13013; lessiYin/DSANet.
 *
 * @param variables parameter, m, v, largest
 * @param inputs gradient, hyper, scale
 */
export function stableStep(
  { parameter, m, v, largest }: Record<string, tf.Variable>,
  { gradient, hyper, scale }: Record<"gradient" | "hyper" | "scale", tf.Tensor>,
): void {
  tf.tidy(() => {
    const moments = { m, v, largest };
    const [ratio, ...made] = runKernels("WsvadStableMoments", {
      gradient,
      ...moments,
      hyper,
      scale,
    });
    Object.values(moments).forEach((variable, i) => {
      if (made.length) variable.assign(made[i]);
    });
    const squares = sumSquares([ratio]); // [1]
    const inputs = { parameter, m, largest, hyper, scale, squares };
    const [updated] = runKernels("WsvadStableUpdate", inputs);
    if (updated) parameter.assign(updated);
  });
}

/**
 * Runs one of the kernels above on variables, in place where the device can, else by assignment.
 */
export function optimizerStep(
  kernel: "WsvadAdam" | "WsvadAdagrad" | "WsvadSgd",
  variables: Record<string, tf.Variable>,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown> = {},
): void {
  tf.tidy(() => {
    const updated = runKernels(kernel, { ...variables, ...inputs }, attributes);
    Object.values(variables).forEach((variable, i) => {
      if (updated.length) variable.assign(updated[i]);
    });
  });
}

// gradients g0, g1, ... (any shapes) -> [P] sum of squares of each; summation in a fixed order
defineKernel({
  name: "WsvadSumSquares",
  composed: (gradients) =>
    tf.stack(
      Object.values(gradients).map((gradient) =>
        tf.sum(tf.sum(tf.square(tf.reshape(gradient, [gradient.shape[0], -1])), 1))
      ),
    ),
});

/** Sum of squares of each gradient, [P]; NaN or infinite where a gradient is. */
export function sumSquares(gradients: tf.Tensor[]): tf.Tensor {
  return runKernel(
    "WsvadSumSquares",
    Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])),
  );
}
