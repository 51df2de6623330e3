/**
 * Three steps of each optimiser against PyTorch's formulas, and the sums of squares that clipping
 * needs.
 */

import * as tf from "@tensorflow/tfjs";
import {
  type CaseInput,
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  MEMORY_BOUND,
  numbers,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import { HYPER, HYPER_LENGTH, optimizerStep, stableStep } from "./op.ts";
import { adamSteps, adamTogether } from "./together.ts";
import {
  adagradReference,
  adamReference,
  type OptimizerState,
  sgdReference,
  stableReference,
} from "./reference.ts";

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

function hyperValues({ hyper }: Setting, t: number): Float32Array {
  const values = new Float32Array(HYPER_LENGTH);
  for (const [key, value] of Object.entries(hyper(t))) {
    values[HYPER[key as keyof typeof HYPER]] = value;
  }
  return values;
}

/** A parameter of P elements. */
function optimizerCase(setting: Setting, P: number): KernelCase {
  const { name, kernel, state, decoupled = false, reference } = setting;
  const zeros: CaseInput = { shape: [P], values: () => new Float32Array(P) };
  return {
    name,
    inputs: {
      parameter: drawn("parameter", [P]),
      ...Object.fromEntries(state.map((key) => [key, zeros])),
      gradient: drawn("gradient 0", [P]),
      hyper: { shape: [HYPER_LENGTH], values: () => hyperValues(setting, 1) },
      scale: { shape: [1], values: () => Float32Array.of(SCALE) },
    },
    run({ parameter, scale }) {
      const variables: Record<string, tf.Variable> = {
        parameter: tf.variable(tf.mul(parameter, 1)), // memory of its own
      };
      for (const key of state) variables[key] = tf.variable(tf.zeros([P]));
      for (let t = 1; t <= STEPS; t++) {
        const gradient = tf.tensor1d(numbers(`gradient ${t - 1}`, P));
        const hyper = tf.tensor1d(hyperValues(setting, t));
        optimizerStep(kernel, variables, { gradient, hyper, scale }, { decoupled });
      }
      const results = Object.values(variables).map((variable) => tf.clone(variable));
      tf.dispose(variables);
      return results;
    },
    expected({ parameter }) {
      const plain: OptimizerState = { parameter: Float64Array.from(parameter) };
      for (const key of state) plain[key] = new Float64Array(P);
      for (let t = 1; t <= STEPS; t++) {
        const gradient = Float64Array.from(numbers(`gradient ${t - 1}`, P), (g) => g * SCALE);
        reference(plain, gradient, t);
      }
      return Object.values(plain);
    },
    tolerance: FLOAT_TOLERANCE, // three steps in float32
    timing: decoupled ? undefined : {
      flops: 0,
      variables: ["parameter", ...state],
      run: ({ gradient, hyper, scale, ...variables }) =>
        optimizerStep(kernel, variables as Record<string, tf.Variable>, {
          gradient,
          hyper,
          scale,
        }, { decoupled }),
    },
  };
}

/** As many parameters as the device steps at once, or two, of sizes from 1 to P. */
function adamTogetherCase(decoupled: boolean, P: number): KernelCase {
  const setting = adam(decoupled);
  const sizes = Array.from(
    { length: Math.max(2, adamTogether().parameters) },
    (_, k) => 1 + (P - 1) * k % P,
  );
  const offsets = sizes.map((_, k) => sizes.slice(0, k).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const start = (k: number) => numbers(`parameter ${k}`, sizes[k]);
  const slope = (k: number, t: number) => numbers(`gradient ${k} ${t}`, sizes[k]);
  return {
    name: `WsvadAdamTogether ${decoupled ? "decoupled" : "L2"}`,
    inputs: { scale: { shape: [1], values: () => Float32Array.of(SCALE) } },
    run({ scale }) {
      const parameters = sizes.map((_, k) => tf.variable(tf.tensor1d(start(k))));
      const moments = { m: tf.variable(tf.zeros([total])), v: tf.variable(tf.zeros([total])) };
      for (let t = 1; t <= STEPS; t++) {
        const steps = parameters.map((parameter, k) => ({
          parameter,
          gradient: tf.tensor1d(slope(k, t)),
          offset: offsets[k],
        }));
        adamSteps(steps, moments, { hyper: tf.tensor1d(hyperValues(setting, t)), scale }, {
          decoupled,
        });
      }
      const variables = [...parameters, moments.m, moments.v];
      const results = variables.map((variable) => tf.clone(variable));
      tf.dispose(variables);
      return results;
    },
    expected() {
      const states = sizes.map((size, k) => {
        const plain: OptimizerState = { parameter: Float64Array.from(start(k)) };
        for (const key of setting.state) plain[key] = new Float64Array(size);
        for (let t = 1; t <= STEPS; t++) {
          setting.reference(plain, Float64Array.from(slope(k, t), (g) => g * SCALE), t);
        }
        return plain;
      });
      const joined = (key: string) => states.flatMap((state) => [...state[key]]);
      return [...states.map(({ parameter }) => parameter), joined("m"), joined("v")];
    },
    tolerance: FLOAT_TOLERANCE, // three steps in float32
  };
}

const stable = { lr: 0.02, beta1: 0.9, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001 };
const stableHyper = (): Float32Array => {
  const values = new Float32Array(HYPER_LENGTH);
  const given = { ...stable, epsilon: eps, weightDecay: 0.99, rootCorrection2: 0.5 };
  for (const [key, value] of Object.entries(given)) {
    values[HYPER[key as keyof typeof HYPER]] = value;
  }
  return values;
};

/** Three steps of StableAdamW, whose two kernels are nothing apart. */
function stableCase(P: number): KernelCase {
  const state = ["m", "v", "largest"];
  const zeros: CaseInput = { shape: [P], values: () => new Float32Array(P) };
  return {
    name: "StableAdamW",
    kernels: ["WsvadStableMoments", "WsvadStableUpdate"],
    inputs: {
      parameter: drawn("parameter", [P]),
      ...Object.fromEntries(state.map((key) => [key, zeros])),
      gradient: drawn("gradient 0", [P]),
      hyper: { shape: [HYPER_LENGTH], values: stableHyper },
      scale: { shape: [1], values: () => Float32Array.of(SCALE) },
    },
    run({ parameter, hyper, scale }) {
      const variables: Record<string, tf.Variable> = {
        parameter: tf.variable(tf.mul(parameter, 1)), // memory of its own
      };
      for (const key of state) variables[key] = tf.variable(tf.zeros([P]));
      for (let t = 0; t < STEPS; t++) {
        const gradient = tf.tensor1d(numbers(`gradient ${t}`, P));
        stableStep(variables, { gradient, hyper, scale });
      }
      const results = Object.values(variables).map((variable) => tf.clone(variable));
      tf.dispose(variables);
      return results;
    },
    expected({ parameter }) {
      const plain: OptimizerState = { parameter: Float64Array.from(parameter) };
      for (const key of state) plain[key] = new Float64Array(P);
      for (let t = 0; t < STEPS; t++) {
        const gradient = Float64Array.from(numbers(`gradient ${t}`, P), (g) => g * SCALE);
        stableReference(plain, gradient, { ...stable, eps, decay: 0.99, root: 0.5 });
      }
      return Object.values(plain);
    },
    tolerance: FLOAT_TOLERANCE, // three steps in float32
  };
}

export const cases: OperationCases = {
  at({ B, N, T, C, P }) {
    const squares = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value * value, 0);
    return [
      ...settings.map((setting) => optimizerCase(setting, P)),
      ...[false, true].map((decoupled) => adamTogetherCase(decoupled, P)),
      stableCase(P),
      {
        name: "WsvadSumSquares",
        inputs: {
          g0: drawn("x", [B * N * T, C]),
          g1: drawn("dy", [B * N * T, C]),
          g2: drawn("gamma", [C]),
        },
        expected: ({ g0, g1, g2 }) => [[g0, g1, g2].map(squares)],
        tolerance: FLOAT_TOLERANCE,
        timing: MEMORY_BOUND,
      },
    ];
  },
};
