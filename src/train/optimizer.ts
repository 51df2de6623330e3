/**
 * Optimisers over all trained parameters, PyTorch's formulas; each parameter is updated in place by
 * one kernel, or several together where the device can.
 */

import * as tf from "@tensorflow/tfjs";
import type { OptimizerConfig, ResolvedConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import type { ParameterStore } from "../nn/parameter_store.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { HYPER, HYPER_LENGTH, optimizerStep, stableStep } from "../ops/optimizer_step/op.ts";
import { adamSteps, adamTogether, type Together } from "../ops/optimizer_step/together.ts";

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

/** A parameter, and the place in its unit's state at which its own begins. */
interface Part {
  name: string;
  shape: number[];
  size: number;
  offset: number;
  variable: tf.Variable;
}

/** Parameters that are updated together, in most cases one. */
interface Unit {
  rule: Rule;
  parts: Part[];
  /** By the state's name: of one parameter in its shape, of several one behind the other. */
  state: Record<string, tf.Variable>;
}

/** Neighbours of one rule, as many as the device updates together. */
function unitsOf(
  parameters: (Omit<Part, "size" | "offset"> & { rule: Rule })[],
  together: Together,
): Unit[] {
  const units: Omit<Unit, "state">[] = [];
  for (const { rule, ...parameter } of parameters) {
    const size = tf.util.sizeFromShape(parameter.shape);
    const last = units.at(-1);
    const offset = last?.parts.reduce((sum, part) => sum + part.size, 0) ?? 0;
    const joins = last && last.rule === rule && KERNEL[rule.config.name] === "WsvadAdam" &&
      last.parts.length < together.parameters && 4 * (offset + size) <= together.bytes;
    if (joins) last.parts.push({ ...parameter, size, offset });
    else units.push({ rule, parts: [{ ...parameter, size, offset: 0 }] });
  }
  return units.map(({ rule, parts }) => {
    const { offset, size } = parts.at(-1)!;
    const shape = parts.length === 1 ? parts[0].shape : [offset + size];
    const state = STATE[rule.config.name].map((key) => [key, zeroVariable(shape)]);
    return { rule, parts, state: Object.fromEntries(state) };
  });
}

export class Optimizer {
  /** The main one, then those of the groups. */
  readonly #rules: Rule[];
  readonly #units: Unit[];
  /** Updates made so far. */
  steps = 0;

  /**
   * @param groups the first that a parameter's name fits has it; what fits none has the main
   * optimiser
   * @param together how many parameters a step of Adam takes; absent: as many as the device can
   */
  constructor(
    config: OptimizerConfig,
    parameters: ParameterStore,
    groups: readonly ParameterGroup[] = [],
    together = adamTogether(),
  ) {
    this.#rules = [config, ...groups.map(({ optimizer }) => optimizer)].map((config) => ({
      config,
      hyper: zeroVariable([HYPER_LENGTH]),
    }));
    this.#units = unitsOf(
      parameters.trained().map(({ name, shape, variable }) => ({
        ...{ name, shape, variable },
        rule: this.#rules[groupOf(name, groups) + 1],
      })),
      together,
    );
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
    for (const { rule: { config, hyper }, parts, state } of this.#units) {
      const shared = { hyper, scale }, attributes = { decoupled: config.name === "adamw" };
      const steps = parts.flatMap(({ name, variable: parameter, offset }) => {
        const gradient = gradients.get(name);
        return gradient ? [{ parameter, gradient, offset }] : [];
      });
      if (steps.length === 0) continue;
      if (parts.length > 1) {
        adamSteps(steps, state as Record<"m" | "v", tf.Variable>, shared, attributes);
        continue;
      }
      const [{ parameter, gradient }] = steps, kernel = KERNEL[config.name];
      const variables = { parameter, ...state }, inputs = { gradient, ...shared };
      if (kernel === null) stableStep(variables, inputs);
      else optimizerStep(kernel, variables, inputs, attributes);
    }
  }

  /** The state variables, which {@link apply} changes in place. */
  variables(): tf.Variable[] {
    return this.#units.flatMap(({ state }) => Object.values(state));
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
    const variables = this.variables();
    const read = await Promise.all(variables.map((variable) => variable.data()));
    const values = new Map(variables.map((variable, i) => [variable, read[i]]));
    return new Map(
      this.#units.flatMap(({ parts, state }) =>
        parts.flatMap(({ name, shape, size, offset }) =>
          Object.entries(state).map(([key, variable]) => {
            const own = values.get(variable)!.subarray(offset, offset + size);
            return [`${key}/${name}`, { shape, data: Float32Array.from(own) }] as const;
          })
        )
      ),
    );
  }

  /** Sets the state that {@link read} gave. */
  restore(values: Map<string, { shape: number[]; data: Float32Array }>, steps: number): void {
    for (const { parts, state } of this.#units) {
      for (const [key, variable] of Object.entries(state)) {
        const data = new Float32Array(variable.size);
        for (const { name, shape, offset } of parts) {
          const value = values.get(`${key}/${name}`);
          if (!value || String(value.shape) !== String(shape)) {
            throw fault(
              TypeError,
              `Cannot resume: optimiser state "${key}/${name}" is missing or of another shape; the run belongs to another model`,
            );
          }
          data.set(value.data, offset);
        }
        const tensor = tf.tensor(data, variable.shape);
        variable.assign(tensor);
        tensor.dispose();
      }
    }
    this.steps = steps;
  }

  dispose(): void {
    for (const variable of this.variables()) variable.dispose();
    for (const { hyper } of this.#rules) hyper.dispose();
  }
}

function zeroVariable(shape: number[]): tf.Variable {
  const start = tf.zeros(shape);
  const variable = tf.variable(start, false);
  start.dispose();
  return variable;
}
