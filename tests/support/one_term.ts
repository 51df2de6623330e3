/**
 * One loss term alone: its value against a number made by hand, its gradient against the slope of
 * plain arithmetic.
 */

import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals } from "@std/assert";
import type { Context, LossScope, Values } from "../../src/contract/slot.ts";
import type { LossEntry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { assertGradient } from "./on_cpu.ts";

const SCOPE: LossScope = { parameters: () => [], guardSqrt: false, stream: () => 0 };

/** The values of a term's inputs in double precision, flattened, by port. */
export type Plain = Record<string, ArrayLike<number>>;

export interface TermOptions {
  settings?: Record<string, unknown>;
  /** What the term reads and is not differentiated by, such as labels and lengths. */
  constants?: Values;
  scope?: Partial<LossScope>;
  epoch?: number;
}

/** The term as a function of what it reads. */
export function termOf(
  term: LossEntry,
  { settings = {}, constants = {}, scope, epoch = 0 }: TermOptions = {},
): (values: Values) => tf.Scalar {
  const value = term.build(term.config.parse(settings), { ...SCOPE, ...scope }, {});
  const random = new RandomStream(0); // no term draws; a context must have one
  const context: Context = { mode: "train", random, step: 0, epoch };
  random.dispose();
  return (values) => value({ ...constants, ...values }, context);
}

/**
 * Asserts that a term has the value `byHand`, that the formula of its paper in plain arithmetic has
 * it too, and that the term's gradient by each of `inputs` is the formula's slope, taken by central
 * differences in double precision.
 */
export function checkTerm(
  term: LossEntry,
  inputs: Values,
  byHand: number,
  formula: (of: Plain) => number,
  options: TermOptions = {},
): void {
  const ports = Object.keys(inputs);
  const plain = (values: ArrayLike<number>[]): Plain =>
    Object.fromEntries(ports.map((port, i) => [port, values[i]]));
  const value = termOf(term, options);
  const limit = 2e-6 * Math.max(1, Math.abs(byHand));
  const numbers = Object.values(inputs).map((x) => Float64Array.from(x.dataSync()));
  assertAlmostEquals(formula(plain(numbers)), byHand, limit, `${term.name}: the formula`);
  assertAlmostEquals(value(inputs).dataSync()[0], byHand, limit, term.name);
  assertGradient(
    (...tensors) => value(Object.fromEntries(ports.map((port, i) => [port, tensors[i]]))),
    Object.values(inputs),
    (...values) => [formula(plain(values))],
    1e-5 * Math.max(1, Math.abs(byHand)),
  );
}

/** The mean of numbers. */
export function meanOf(numbers: number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
