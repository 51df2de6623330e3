/**
 * The slots: what an encoder, a head, a branch or a loss term declares of itself, and what it is
 * given to build and to run. A paper is a choice of entries; `assemble.ts` checks that they fit.
 */

import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { FileValue } from "../io/file_value.ts";
import type { AttentionImplementation } from "../ops/attention/op.ts";
import type { Random } from "../random.ts";

/**
 * Named values with their shapes: `{ features: "B N T D" }`. In `requires` a letter binds to the
 * size that the chain provides (B and T stay open until a batch comes), a number must be equal.
 * What follows a colon are properties that the value must have: `"B T 1 : unit"`,
 * `"B N T D : text_aligned"`.
 */
export type Ports = Record<string, string>;

/** Sizes known when the model is assembled, by the letter of the entry's own `requires`. */
export type Sizes = Record<string, number>;

/**
 * Named tensors of one forward pass; each slot reads what it requires and adds what it provides.
 */
export type Values = Record<string, tf.Tensor>;

/** What changes from call to call. */
export interface Context {
  mode: "train" | "eval";
  /** Random numbers of this step: the same on every device, for dropout masks and noise. */
  random: RandomDraws;
  step: number;
  epoch: number;
  /** Set by `wsvad verify`: an evaluation also computes what the scores do not need. */
  everything?: true;
  /**
   * Values that stand in for random draws of the same name, where numbers must be those of others.
   */
  given?: Values;
  /**
   * Told of what is about to be divided by, or rooted, and may be 0, with words for the place; set
   * when a training step that came to nothing finite is made again, so `divisor` is called then
   * alone.
   */
  zeroAt?: ZeroAt;
  /**
   * Told in the scoring of long videos before each of the parts that take equal time:
   * "expert 3/13".
   */
  onPart?: (done: number, of: number, name: string) => void;
  /**
   * Where videos are scored one after the other: values that stay the same from one to the next.
   */
  memo?: Memo;
}

/**
 * Random numbers of the current step on the device; `stream` is a number from {@link Scope.stream}.
 */
export interface RandomDraws {
  /**
   * Seed and step, int32 [4]: for ops that draw numbers of their own, now and again for the
   * gradient.
   */
  readonly state: tf.Tensor;
  /** [...shape] in [0, 1). */
  uniform(shape: number[], stream: number): tf.Tensor;
  /** [...shape], standard normal. */
  normal(shape: number[], stream: number): tf.Tensor;
  dropout(x: tf.Tensor, rate: number, stream: number): tf.Tensor;
}

/** Words for what is wrong with a divisor that is 0: "... divided by ...". */
export type ZeroAt = (place: string, divisor: () => tf.Tensor) => void;

/** Values that are made once and kept until all videos are scored. */
export interface Memo {
  /** The value of that name, made at the first call; the memo keeps and frees it. */
  of(name: string, make: () => tf.Tensor): tf.Tensor;
}

/** Starting values of a parameter of a shape, flattened in C order. */
export type Initialiser = (shape: number[], random: Random) => Float32Array;

/** Tensors that official modules have and never read. */
export type UnreadTensors = Record<string, number[]> | string;

/** Names the parameters of one slot; a clash of two slots gets the slot's name as prefix. */
export interface Scope {
  /** A trained parameter under its official key. */
  parameter(name: string, shape: number[], initialiser: Initialiser): tf.Variable;
  /** A value that is stored but not trained, such as a running mean. */
  buffer(name: string, shape: number[], initialiser: Initialiser): tf.Variable;
  /**
   * A parameter that keeps the weights it was given, as a tower that others trained does: stored
   * once for a run.
   */
  frozen(name: string, shape: number[], initialiser: Initialiser): tf.Variable;
  /**
   * A buffer that the official code keeps in a file of its own: stored as others are, but no part
   * of its state dict.
   */
  apart(name: string, shape: number[], initialiser: Initialiser): tf.Variable;
  /**
   * Keys of the official checkpoint that begin so and are never used: accepted, not kept.
   *
   * @param tensors which there are, so that an export has them too: shapes by the rest of the name,
   *     or how the names begin whose tensors these name again
   */
  unused(prefix: string, tensors?: UnreadTensors): void;
  /**
   * `runner.guard_sqrt`: the gradient of a root of exactly 0 is 0, not NaN as in the official code.
   */
  guardSqrt: boolean;
  /** `runner.attn_impl`, for {@link attention}'s options. */
  attnImpl: AttentionImplementation;
  /** The same scope, for random streams: a number that stands for `name` within this slot. */
  stream(name: string): number;
}

/** How a long video is split for a model that sees so many snippets at once. */
export interface Window {
  snippets: number;
  padded: boolean;
}

/** One entry of a slot: what `encoder: { name: mtn, ... }` in a YAML file refers to. */
export interface Slot<Config = unknown> {
  name: string;
  /** One line for `wsvad slots`. */
  summary: string;
  /** Paper, and the official file. */
  source: string;
  /** strictObject; each key has a default and a description. */
  config: z.ZodType<Config>;
  requires: Ports;
  /** Names of all ports that `provides` can return, whatever the settings. */
  offers: string[];
  provides(config: Config, given: Sizes): Ports;
  build(config: Config, scope: Scope, given: Sizes): (values: Values, context: Context) => Values;
  /**
   * Values of its parameters that come from files when a training begins; checkpoints hold them
   * after.
   */
  readFiles?(config: Config): Promise<FileValue[]>;
  /** Set where crops meet before the scores do: then a video cannot be scored crop by crop. */
  mixesCrops?: true;
  /** Whether it takes the mean of `features` over the crops and nothing else of them. */
  averagesCrops?(config: Config): boolean;
  /**
   * Set where the entry sees no more than so many snippets at once: longer videos are then scored
   * window by window. `padded`: a window always has that many, zeros behind the valid ones;
   * training videos too.
   */
  window?(config: Config): Window | null;
  /**
   * Set where evaluation does not run the entry: how the names of its parameters begin. A model
   * that only scores is built without it, and these are left unread.
   */
  trainingOnly?: { parameters: string[] };
  /** Snippets a training video must have at least; 1 when absent. */
  minimumSnippets?(config: Config): number;
}

/**
 * A loss term: one more reader of the values. Its value is multiplied by `weight` of its
 * configuration.
 */
export interface LossTerm<Config = unknown>
  extends Pick<Slot<Config>, "name" | "summary" | "source" | "config" | "requires"> {
  build(config: Config, scope: LossScope, given: Sizes): (
    values: Values,
    context: Context,
  ) => tf.Scalar;
  /**
   * Where the operations of the term depend on how far training is: a name of what they are now. A
   * recorded step serves one phase alone. Terms without it do the same in every step.
   */
  phase?(config: Config, context: Pick<Context, "step" | "epoch">): string;
}

/** Loss terms own no parameters, but may read those of the model (weight penalties). */
export interface LossScope {
  parameters(filter: (name: string, shape: number[]) => boolean): tf.Variable[];
  /** As in {@link Scope}. */
  guardSqrt: boolean;
  stream(name: string): number;
}
