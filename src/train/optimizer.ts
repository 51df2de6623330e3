/**
 * Optimisers over all trained parameters, PyTorch's formulas; each parameter is updated in place by
 * one kernel.
 */

import * as tf from "@tensorflow/tfjs";
import type { OptimizerConfig, ResolvedConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import type { ParameterStore } from "../nn/parameter_store.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { HYPER, HYPER_LENGTH, optimizerStep, stableStep } from "../ops/optimizer_step/op.ts";

/** State tensors that each optimiser keeps for a parameter, in the kernel's order. */
const STATE = {
  adam: ["m", "v"],
  adamw: ["m", "v"],
  stable_adamw: ["m", "v", "largest"],
  adagrad: ["accumulator"],
  sgd: ["velocity"],
} as const;

const KERNEL = {
  adam: "WsvadAdam",
  adamw: "WsvadAdam",
  stable_adamw: null, // two kernels: stableStep
  adagrad: "WsvadAdagrad",
  sgd: "WsvadSgd",
} as const;

/** Parameters whose names begin so, and their own optimiser. */
export interface ParameterGroup {
  parameters: string;
  optimizer: OptimizerConfig;
}

/**
 * Learning rate of the step to come; or of the main optimiser and of each group, in their order.
 */
export type Rates = number | readonly number[];

/** The optimisers of a recipe. */
type Recipe = Pick<ResolvedConfig["runner"], "optimizer" | "optimizer_groups">;

/** Numbers that are kept for each number of a parameter, at most. */
export function stateCopies({ optimizer, optimizer_groups: groups }: Recipe): number {
  return groups.reduce<number>(
    (most, group) => Math.max(most, STATE[group.optimizer.name].length),
    STATE[optimizer.name].length,
  );
}

/** Bytes of all state tensors. */
export function stateBytes(recipe: Recipe, parameters: ParameterStore): number {
  const groups = recipe.optimizer_groups;
  return parameters.trained().reduce((sum, { name, shape }) => {
    const { optimizer } = groups[groupOf(name, groups)] ?? recipe;
    return sum + 4 * STATE[optimizer.name].length * tf.util.sizeFromShape(shape);
  }, 0);
}

/** The first group that a parameter's name fits, or -1. */
function groupOf(name: string, groups: readonly ParameterGroup[]): number {
  return groups.findIndex(({ parameters }) => name.startsWith(parameters));
}

/** An optimiser's settings, and the small tensor of them on the device. */
interface Rule {
  config: OptimizerConfig;
  hyper: tf.Variable;
}

interface Updated {
  name: string;
  rule: Rule;
  variables: Record<string, tf.Variable>;
}

export class Optimizer {
  /** The main one, then those of the groups. */
  readonly #rules: Rule[];
  readonly #parameters: Updated[];
  /** Updates made so far. */
  steps = 0;

  /**
   * @param groups the first that a parameter's name fits has it; what fits none has the main
   * optimiser
   */
  constructor(
    config: OptimizerConfig,
    parameters: ParameterStore,
    groups: readonly ParameterGroup[] = [],
  ) {
    this.#rules = [config, ...groups.map(({ optimizer }) => optimizer)].map((config) => ({
      config,
      hyper: zeroVariable([HYPER_LENGTH]),
    }));
    this.#parameters = parameters.trained().map(({ name, shape, variable }) => {
      const rule = this.#rules[groupOf(name, groups) + 1];
      const state = STATE[rule.config.name].map((key) => [key, zeroVariable(shape)]);
      return { name, rule, variables: { parameter: variable, ...Object.fromEntries(state) } };
    });
  }

  /** Begins the next update: learning rates and bias corrections go to the device. */
  prepare(rates: Rates): void {
    this.steps++;
    const given = typeof rates === "number" ? [rates] : rates;
    this.#rules.forEach(({ config, hyper }, i) =>
      overwrite(hyper, this.#hyperOf(config, given[i] ?? config.lr))
    );
  }

  /**
   * The update that {@link prepare} began. Nothing here depends on the step but what lies on the
   * device, so that it can be recorded and replayed.
   *
   * @param gradients by parameter name; a parameter without one is left alone
   * @param scale [1] tensor that multiplies every gradient first
   */
  apply(gradients: Map<string, tf.Tensor>, scale: tf.Tensor): void {
    for (const { name, rule: { config, hyper }, variables } of this.#parameters) {
      const gradient = gradients.get(name);
      if (!gradient) continue;
      const inputs = { gradient, hyper, scale }, kernel = KERNEL[config.name];
      if (kernel === null) stableStep(variables, inputs);
      else optimizerStep(kernel, variables, inputs, { decoupled: config.name === "adamw" });
    }
  }

  /** The state variables, which {@link apply} changes in place. */
  variables(): tf.Variable[] {
    return this.#state().map(({ variable }) => variable);
  }

  #hyperOf(config: OptimizerConfig, lr: number): Float32Array {
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
    if (config.name === "adamw" || config.name === "stable_adamw") {
      hyper[HYPER.weightDecay] = 1 - lr * config.weight_decay;
    }
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
    return this.#parameters.flatMap(({ name, rule, variables }) =>
      STATE[rule.config.name].map((state) => ({
        key: `${state}/${name}`,
        variable: variables[state],
      }))
    );
  }

  dispose(): void {
    for (const { variable } of this.#state()) variable.dispose();
    for (const { hyper } of this.#rules) hyper.dispose();
  }
}

function zeroVariable(shape: number[]): tf.Variable {
  const start = tf.zeros(shape);
  const variable = tf.variable(start, false);
  start.dispose();
  return variable;
}
