/** Optimisers over all trained parameters, PyTorch's formulas; each parameter is updated in place by one kernel. */

import * as tf from "@tensorflow/tfjs";
import type { OptimizerConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import type { ParameterStore } from "../nn/parameter_store.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { HYPER, HYPER_LENGTH, optimizerStep } from "../ops/optimizer_step/op.ts";

/** State tensors that each optimiser keeps for a parameter, in the kernel's order. */
const STATE = {
  adam: ["m", "v"],
  adamw: ["m", "v"],
  adagrad: ["accumulator"],
  sgd: ["velocity"],
} as const;

const KERNEL = {
  adam: "WsvadAdam",
  adamw: "WsvadAdam",
  adagrad: "WsvadAdagrad",
  sgd: "WsvadSgd",
} as const;

export class Optimizer {
  readonly #config: OptimizerConfig;
  readonly #parameters: { name: string; variables: Record<string, tf.Variable> }[];
  readonly #hyper: tf.Variable = zeroVariable([HYPER_LENGTH]);
  /** Updates made so far. */
  steps = 0;

  constructor(config: OptimizerConfig, parameters: ParameterStore) {
    this.#config = config;
    this.#parameters = parameters.trained().map(({ name, shape, variable }) => ({
      name,
      variables: {
        parameter: variable,
        ...Object.fromEntries(STATE[config.name].map((key) => [key, zeroVariable(shape)])),
      },
    }));
  }

  /** Begins the next update: its learning rate and bias corrections go to the device. */
  prepare(lr: number): void {
    this.steps++;
    overwrite(this.#hyper, this.#hyperOf(lr));
  }

  /**
   * The update that {@link prepare} began. Nothing here depends on the step but what lies on the device,
   * so that it can be recorded and replayed.
   *
   * @param gradients by parameter name; a parameter without one is left alone
   * @param scale [1] tensor that multiplies every gradient first
   */
  apply(gradients: Map<string, tf.Tensor>, scale: tf.Tensor): void {
    const hyper = this.#hyper;
    const decoupled = this.#config.name === "adamw";
    for (const { name, variables } of this.#parameters) {
      const gradient = gradients.get(name);
      if (!gradient) continue;
      optimizerStep(KERNEL[this.#config.name], variables, { gradient, hyper, scale }, {
        decoupled,
      });
    }
  }

  /** The state variables, which {@link apply} changes in place. */
  variables(): tf.Variable[] {
    return this.#state().map(({ variable }) => variable);
  }

  #hyperOf(lr: number): Float32Array {
    const config = this.#config;
    const hyper = new Float32Array(HYPER_LENGTH);
    hyper[HYPER.lr] = lr;
    hyper[HYPER.weightDecay] = config.weight_decay;
    if ("eps" in config) hyper[HYPER.epsilon] = config.eps;
    if ("momentum" in config) hyper[HYPER.momentum] = config.momentum;
    if ("betas" in config) {
      const [beta1, beta2] = config.betas;
      hyper[HYPER.lr] = lr / (1 - beta1 ** this.steps);
      hyper[HYPER.beta1] = beta1;
      hyper[HYPER.oneMinusBeta1] = 1 - beta1;
      hyper[HYPER.beta2] = beta2;
      hyper[HYPER.oneMinusBeta2] = 1 - beta2;
      hyper[HYPER.rootCorrection2] = Math.sqrt(1 - beta2 ** this.steps);
    }
    if (config.name === "adamw") hyper[HYPER.weightDecay] = 1 - lr * config.weight_decay;
    return hyper;
  }

  /** State tensors by "<state>/<parameter>", read back from the device. */
  async read(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    const entries = this.#state();
    const data = await Promise.all(entries.map(({ variable }) => variable.data()));
    return new Map(
      entries.map(({ key, variable }, i) => [
        key,
        { shape: variable.shape, data: Float32Array.from(data[i]) },
      ]),
    );
  }

  /** Sets the state that {@link read} gave. */
  restore(values: Map<string, { shape: number[]; data: Float32Array }>, steps: number): void {
    for (const { key, variable } of this.#state()) {
      const value = values.get(key);
      if (!value || String(value.shape) !== String(variable.shape)) {
        throw fault(
          TypeError,
          `Cannot resume: optimiser state "${key}" is missing or of another shape; the run belongs to another model`,
        );
      }
      const tensor = tf.tensor(value.data, value.shape);
      variable.assign(tensor);
      tensor.dispose();
    }
    this.steps = steps;
  }

  #state(): { key: string; variable: tf.Variable }[] {
    return this.#parameters.flatMap(({ name, variables }) =>
      STATE[this.#config.name].map((state) => ({
        key: `${state}/${name}`,
        variable: variables[state],
      }))
    );
  }

  dispose(): void {
    for (const { variable } of this.#state()) variable.dispose();
    this.#hyper.dispose();
  }
}

function zeroVariable(shape: number[]): tf.Variable {
  const start = tf.zeros(shape);
  const variable = tf.variable(start, false);
  start.dispose();
  return variable;
}
