/** What `wsvad verify` must know of a method to run its golden cases. */

import type * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../model/chain.ts";
import type { Values } from "../contract/slot.ts";
import type { GoldenCase } from "./golden_case.ts";

export interface GoldenRunner {
  /** The model of the case, every dropout off. */
  model(hyper: GoldenCase["hyper"]): ModelConfig;
  /** The loss entry, or entries, behind each loss of the case: { loss_cls: "selected_bce" }. */
  terms: Record<string, string | string[]>;
  /** Losses that the case states with their weight, although it tells the weight too. */
  weighted?: string[];
  /** How each expected tensor is taken from the values of a forward pass; `shape` is the expected one. */
  outputs: Record<
    string,
    (values: Values, shape: number[], hyper: GoldenCase["hyper"]) => tf.Tensor
  >;
  /** What a steps case expects of every step, a number each. */
  stepOutputs?: Record<string, (values: Values, hyper: GoldenCase["hyper"]) => tf.Scalar>;
  /** Buffers after a training pass that the case expects under other names than `after/<key>`. */
  buffers?: Record<string, string>;
  /** Eval cases: expected scores of a model that is built otherwise and has the same weights. */
  variants?: Record<string, (hyper: GoldenCase["hyper"]) => ModelConfig>;
  /** The epoch that a training pass of the case stands for; 0 without it. */
  epoch?(golden: GoldenCase, step: number): number;
  /** A function case: what its expected tensors are, from its inputs by name. */
  compute?(inputs: Values, golden: GoldenCase): Values;
}

/** Cases of a part of models, such as a text tower: computed from parameters and inputs, without slots. */
export interface PartRunner {
  compute(inputs: Values, golden: GoldenCase): Values;
}

/** The entry of a hyper record as a number, or an error of ours: cases have fixed keys. */
export function numberOf(hyper: GoldenCase["hyper"], key: string): number {
  const value = hyper[key];
  if (typeof value !== "number") throw new TypeError(`Golden case without hyper.${key}`);
  return value;
}
