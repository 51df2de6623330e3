/**
 * One part of a model alone, a layer, an encoder or a head: against its formula in plain
 * arithmetic, by value and slope.
 */

import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import type { Context, Scope, Slot, Values } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { assertClose, assertGradient, randomTensor } from "./on_cpu.ts";

/** A scope whose parameters are numbers that differ from each other; it keeps them by name. */
class KnownScope implements Scope {
  readonly variables = new Map<string, tf.Variable>();
  readonly #trained = new Set<string>();
  readonly #streams: string[] = [];
  readonly attnImpl = "fused";

  constructor(readonly guardSqrt = false) {}

  #add(name: string, shape: number[]): tf.Variable {
    if (this.variables.has(name)) throw new Error(`Parameter "${name}" exists twice`);
    const variable = tf.tidy(() => {
      const value = randomTensor(shape, this.variables.size + 1); // -0.5 to 0.5
      return tf.variable(name.endsWith("running_var") ? tf.add(value, 1) : value);
    });
    this.variables.set(name, variable);
    return variable;
  }

  parameter(name: string, shape: number[]): tf.Variable {
    this.#trained.add(name);
    return this.#add(name, shape);
  }

  buffer(name: string, shape: number[]): tf.Variable {
    return this.#add(name, shape);
  }

  frozen(name: string, shape: number[]): tf.Variable {
    return this.#add(name, shape);
  }

  apart(name: string, shape: number[]): tf.Variable {
    return this.#add(name, shape);
  }

  unused(): void {}

  stream(name: string): number {
    return this.#streams.push(name) - 1;
  }

  get trained(): [string, tf.Variable][] {
    return [...this.variables].filter(([name]) => this.#trained.has(name));
  }

  /** All values in double precision, flattened, by name. */
  numbers(): Record<string, Float64Array> {
    return Object.fromEntries(
      [...this.variables].map(([name, value]) => [name, Float64Array.from(value.dataSync())]),
    );
  }

  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}

/** Parameters and inputs in double precision, flattened, by name. */
export type Plain = Record<string, ArrayLike<number>>;

export interface PartOptions {
  mode?: Context["mode"];
  /** Of values; gradients may be off by ten times as much. */
  tolerance?: number;
  /** Inputs that are not differentiated, such as lengths. */
  constants?: Values;
  /** False where a part has no gradient by design, as a batch norm in evaluation. */
  sloped?: boolean;
  /** Values that stand for random draws. */
  given?: Values;
}

type Part = (inputs: Values, context: Context) => tf.Tensor;

/** Runs a body with a part that stands in a known scope, and frees what it needs. */
export function withPart<P>(
  build: (scope: Scope) => P,
  body: (part: P, context: (mode: Context["mode"]) => Context, scope: KnownScope) => void,
): void {
  const scope = new KnownScope(), random = new RandomStream(5);
  try {
    body(build(scope), (mode) => ({ mode, random, step: 0, epoch: 0 }), scope);
  } finally {
    scope.dispose();
    random.dispose();
  }
}

/**
 * Asserts that a part gives what its formula gives, and that its gradient by each input and by each
 * trained parameter is the formula's slope, taken by central differences in double precision.
 */
export function checkPart(
  build: (scope: Scope) => Part,
  inputs: Values,
  formula: (of: Plain) => number[],
  { mode = "eval", tolerance = 2e-6, constants = {}, sloped = true, given }: PartOptions = {},
): void {
  withPart(build, (part, contextOf, scope) => {
    const context = { ...contextOf(mode), given };
    const names = [...Object.keys(inputs), ...scope.trained.map(([name]) => name)];
    const tensors = [...Object.values(inputs), ...scope.trained.map(([, value]) => value)];
    const known = scope.numbers(); // before a training pass moves running statistics
    const run = (...tensors: tf.Tensor[]) =>
      part({
        ...constants,
        ...Object.fromEntries(Object.keys(inputs).map((name, i) => [name, tensors[i]])),
      }, context);
    const plain = (...values: ArrayLike<number>[]) =>
      formula({ ...known, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) });
    const expected = plain(...tensors.map((x) => Float64Array.from(x.dataSync())));
    assertClose(run(...tensors), expected, tolerance);
    if (sloped) assertGradient(run, tensors, plain, 10 * tolerance);
  });
}

/**
 * As {@link checkPart}, for values that an encoder, a head or a branch provides: flattened, one
 * after the other.
 */
export function checkSlot<Config>(
  slot: Slot<Config>,
  settings: Record<string, unknown>,
  { sizes, outputs }: { sizes: Record<string, number>; outputs: string[] },
  inputs: Values,
  formula: (of: Plain) => number[],
  options: PartOptions = {},
): void {
  const config = slot.config.parse(settings);
  checkPart(
    (scope) => {
      const run = slot.build(config, scope, sizes);
      return (values, context) => {
        const provided = run(values, context);
        return tf.concat(outputs.map((name) => tf.reshape(provided[name], [-1])));
      };
    },
    inputs,
    formula,
    options,
  );
}

/** Asserts the shape of a tensor and gives its values. */
export function shaped(x: tf.Tensor, shape: number[]): number[] {
  assertEquals(x.shape, shape);
  return [...x.dataSync()];
}
