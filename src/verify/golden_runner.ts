/** What `wsvad verify` must know of a method to run its golden cases. */

import type * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../model/chain.ts";
import type { Values } from "../contract/slot.ts";
import { fault } from "../fault.ts";
import type { Numbers } from "./compare.ts";
import type { GoldenCase } from "./golden_case.ts";

/**
 * The setting, below `runner`, behind each key of a case's `hyper`: a path, several, or what the
 * value makes of some; `fixed` for what the code has and no setting changes; null for what is said
 * in words, or elsewhere.
 */
export type CaseSettings = Record<
  string,
  | string
  | string[]
  | null
  | { fixed: unknown }
  | ((value: unknown, hyper: GoldenCase["hyper"]) => Record<string, unknown>)
>;

/** For {@link GoldenRunner.apart}: recipes leave the channels to the data. */
export const DIM_OF_THE_CASE = { "features.dim": "a fact of the data" };

/** For {@link GoldenRunner.settings}: `branch.tower` takes them with its width. */
export const OF_THE_TOWER: CaseSettings = {
  clip_vocab: null,
  clip_context: null,
  clip_text_layers: null,
  clip_text_heads: null,
};

export interface GoldenRunner {
  settings: CaseSettings;
  /** Settings that no built-in case has as the recipe, with the reason. */
  apart?: Record<string, string>;
  /** The loss entry, or entries, behind each loss of the case: { loss_cls: "selected_bce" }. */
  terms: Record<string, string | string[]>;
  /** Losses that the case states with their weight, although it tells the weight too. */
  weighted?: string[];
  /**
   * How each expected tensor is taken from the values of a forward pass; `shape` is the expected
   * one.
   */
  outputs: Record<
    string,
    (values: Values, shape: number[], model: ModelConfig) => tf.Tensor
  >;
  /** What a steps case expects of every step, a number each. */
  stepOutputs?: Record<string, (values: Values, model: ModelConfig) => tf.Scalar>;
  /** Buffers after a training pass that the case expects under other names than `after/<key>`. */
  buffers?: Record<string, string>;
  /** Eval cases: expected scores of a model that is built otherwise and has the same weights. */
  variants?: Record<string, (model: ModelConfig) => ModelConfig>;
  /** The epoch that a training pass of the case stands for; 0 without it. */
  epoch?(golden: GoldenCase, step: number): number;
  /** What is computed from numbers that were found, on the host. */
  after?: Record<string, (found: Map<string, Numbers>, golden: GoldenCase) => Numbers>;
  /** A function case: what its expected tensors are, from its inputs by name. */
  compute?(inputs: Values, golden: GoldenCase, model: ModelConfig): Values;
}

/**
 * Cases of a part of models, such as a text tower: computed from parameters and inputs, without
 * slots.
 */
export interface PartRunner {
  /** Keys of the case's `hyper` that the code has and no setting changes, with its values. */
  fixed?(hyper: GoldenCase["hyper"]): Record<string, unknown>;
  compute?(inputs: Values, golden: GoldenCase): Values;
  /** What needs no device, such as the resize of frames; null: {@link compute} has the case. */
  onHost?(golden: GoldenCase): Record<string, Numbers> | null;
}

/** @throws fault: the case was computed with another value than the code has */
export function requireFixed(
  golden: Pick<GoldenCase, "runner" | "hyper" | "folder">,
  key: string,
  own: unknown,
): void {
  const value = golden.hyper[key];
  if (value === undefined || JSON.stringify(value) === JSON.stringify(own)) return;
  throw fault(
    RangeError,
    `Cannot run golden case "${golden.folder}": hyper.${key} is ${JSON.stringify(value)}; ` +
      `cases of ${golden.runner} are run with ${JSON.stringify(own)} alone`,
  );
}

/** The settings of a term of the model's loss. */
export function lossOf<T>({ loss }: ModelConfig, name: string): T {
  return loss.find((term) => term.name === name) as T;
}

/** The entry of a hyper record as a number, or an error of ours: cases have fixed keys. */
export function numberOf(hyper: GoldenCase["hyper"], key: string): number {
  const value = hyper[key];
  if (typeof value !== "number") throw new TypeError(`Golden case without hyper.${key}`);
  return value;
}

/**
 * The sizes of a case's text tower, `branch.tower`; its width is under another key in each method.
 */
export function towerOf(hyper: GoldenCase["hyper"], width: string): Record<string, number> {
  return {
    width: numberOf(hyper, width),
    layers: numberOf(hyper, "clip_text_layers"),
    heads: numberOf(hyper, "clip_text_heads"),
    context: numberOf(hyper, "clip_context"),
    vocabulary: numberOf(hyper, "clip_vocab"),
  };
}
