/**
 * What the official code's module has in its state dict beside the parameters of a model here:
 * tensors that no forward pass reads, and tensors that it names twice.
 */

import type * as tf from "@tensorflow/tfjs";
import { buildChain, type ParameterPlaces } from "./assemble.ts";
import { checkChain, type ModelConfig } from "./chain.ts";

/** How the state dict of a module differs from the parameters of a model. */
export interface StateDictPlan {
  /** Shapes of the parameters and buffers by name. */
  parameters: Map<string, number[]>;
  /** Buffers that the official code keeps in files of their own. */
  apart: Set<string>;
  /** Shapes of tensors that nothing reads. */
  unread: Map<string, number[]>;
  /** Beginnings of names, and of those whose tensors they name again. */
  repeated: Map<string, string>;
}

/** Notes what {@link ParameterStore} keeps. */
class NotedPlaces implements ParameterPlaces {
  readonly plan: StateDictPlan = {
    parameters: new Map(),
    apart: new Set(),
    unread: new Map(),
    repeated: new Map(),
  };
  readonly #trained: { name: string; shape: number[]; variable: tf.Variable }[] = [];

  has(name: string): boolean {
    return this.plan.parameters.has(name);
  }

  add: ParameterPlaces["add"] = (name, shape, _, trained, _frozen, apart = false) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const variable = { name, shape, rank: shape.length, size } as unknown as tf.Variable;
    this.plan.parameters.set(name, shape);
    if (apart) this.plan.apart.add(name);
    if (trained) this.#trained.push({ name, shape, variable });
    return variable;
  };

  addUnused: ParameterPlaces["addUnused"] = (prefix, tensors = {}) => {
    if (typeof tensors === "string") this.plan.repeated.set(prefix, tensors);
    else {
      for (const [rest, shape] of Object.entries(tensors)) {
        this.plan.unread.set(prefix + rest, shape);
      }
    }
  };

  trained() {
    return this.#trained;
  }
}

/** The names and shapes of a model's official state dict, by the code that builds the model. */
export function stateDictPlan(config: ModelConfig): StateDictPlan {
  const places = new NotedPlaces();
  buildChain(checkChain(config), config, places);
  return places.plan;
}
