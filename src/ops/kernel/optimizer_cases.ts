/** The optimiser kernels against PyTorch's formulas in double precision, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { type KernelCase, numbers } from "./kernel_case.ts";
import { endScaledStep } from "../loss_scale/op.ts";
import { endScaledStepReference } from "../loss_scale/reference.ts";
import { HYPER, HYPER_LENGTH, optimizerStep } from "../optimizer_step/op.ts";
import { overwrite } from "./overwrite.ts";
import {
  adagradReference,
  adamReference,
  type OptimizerState,
  sgdReference,
} from "../optimizer_step/reference.ts";

const STEPS = 3;
/** Factor of the gradients, as clipping gives it. */
const SCALE = 0.5;
const lr = 0.01, weightDecay = 0.1, eps = 1e-8, momentum = 0.9;
const betas: [number, number] = [0.9, 0.999];

interface Setting {
  name: string;
  kernel: "WsvadAdam" | "WsvadAdagrad" | "WsvadSgd";
  state: string[];
  decoupled?: boolean;
  reference(state: OptimizerState, gradient: Float64Array, t: number): void;
  hyper(t: number): Partial<Record<keyof typeof HYPER, number>>;
}

function adam(decoupled: boolean): Setting {
  return {
    name: `WsvadAdam ${decoupled ? "decoupled" : "L2"}`,
    kernel: "WsvadAdam",
    state: ["m", "v"],
    decoupled,
    reference: (state, gradient, t) =>
      adamReference(state, gradient, { lr, betas, eps, weightDecay, decoupled, t }),
    hyper: (t) => ({
      lr: lr / (1 - betas[0] ** t),
      beta1: betas[0],
      oneMinusBeta1: 1 - betas[0],
      beta2: betas[1],
      oneMinusBeta2: 1 - betas[1],
      epsilon: eps,
      weightDecay: decoupled ? 1 - lr * weightDecay : weightDecay,
      rootCorrection2: Math.sqrt(1 - betas[1] ** t),
    }),
  };
}

const settings: Setting[] = [
  adam(false),
  adam(true),
  {
    name: "WsvadAdagrad",
    kernel: "WsvadAdagrad",
    state: ["accumulator"],
    reference: (state, gradient) => adagradReference(state, gradient, { lr, eps, weightDecay }),
    hyper: () => ({ lr, weightDecay, epsilon: eps }),
  },
  {
    name: "WsvadSgd",
    kernel: "WsvadSgd",
    state: ["velocity"],
    reference: (state, gradient) => sgdReference(state, gradient, { lr, momentum, weightDecay }),
    hyper: () => ({ lr, weightDecay, momentum }),
  },
];

/** Four scaled steps: one grows the scale, one overflows, one clips, one is what only a scale of 1 leaves. */
function lossScaleCase(): KernelCase {
  const steps: { squares: number[]; clip: number | null; state?: number[] }[] = [
    { squares: [3, 0, 2 ** 30], clip: null },
    { squares: [1, Infinity, 4], clip: 1 },
    { squares: [2 ** 34, 2 ** 20, 5], clip: 0.25 },
    { squares: [NaN, 7, 1], clip: null, state: [1, 3, 9] },
  ];
  const growthInterval = 1, first = [1024, 0, 0];
  const plain = [...first];
  const expected = steps.map(({ squares, clip, state }) => {
    if (state) plain.splice(0, 3, ...state);
    // What is not finite is compared as such elsewhere: a case compares numbers.
    const result = endScaledStepReference(plain, squares, clip, growthInterval);
    return [...result.map((value) => Number.isFinite(value) ? value : -1), ...plain];
  });
  return {
    name: "WsvadLossScale",
    tolerance: 1e-6,
    expected,
    run() {
      const state = tf.variable(tf.tensor1d(first), false);
      const results = steps.map((step) => {
        if (step.state) overwrite(state, Float32Array.from(step.state));
        const squares = tf.tensor1d(step.squares);
        const { factor, seen } = endScaledStep(state, squares, step.clip, growthInterval);
        const numbers = tf.where(tf.isFinite(seen), seen, tf.fill(seen.shape, -1));
        return tf.concat([factor, numbers, tf.mul(state, 1)]);
      });
      state.dispose();
      return results;
    },
  };
}

/** Three steps of each optimiser on a parameter of `size` elements, and loss scaling. */
export function optimizerCases(size: number): KernelCase[] {
  const start = numbers("parameter", size);
  const gradients = Array.from({ length: STEPS }, (_, t) => numbers(`gradient ${t}`, size));
  const steps = settings.map(({ name, kernel, state, decoupled, reference, hyper }) => {
    const plain: OptimizerState = { parameter: Float64Array.from(start) };
    for (const key of state) plain[key] = new Float64Array(size);
    gradients.forEach((gradient, t) =>
      reference(plain, Float64Array.from(gradient, (value) => value * SCALE), t + 1)
    );
    return {
      name,
      tolerance: 1e-5, // three steps in float32
      expected: Object.values(plain),
      run() {
        const variables: Record<string, tf.Variable> = {
          parameter: tf.variable(tf.tensor1d(start)),
        };
        for (const key of state) variables[key] = tf.variable(tf.zeros([size]));
        gradients.forEach((gradient, t) => {
          const values = new Float32Array(HYPER_LENGTH);
          for (const [key, value] of Object.entries(hyper(t + 1))) {
            values[HYPER[key as keyof typeof HYPER]] = value;
          }
          optimizerStep(kernel, variables, {
            gradient: tf.tensor1d(gradient),
            hyper: tf.tensor1d(values),
            scale: tf.tensor1d([SCALE]),
          }, { decoupled });
        });
        const results = Object.values(variables).map((variable) => tf.clone(variable));
        tf.dispose(variables);
        return results;
      },
    };
  });
  return [...steps, lossScaleCase()];
}
