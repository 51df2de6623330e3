/** From a checked configuration to a model that runs. */

import * as tf from "@tensorflow/tfjs";
import { type GivenValues, type Parameter, ParameterStore } from "../nn/parameter_store.ts";
import type { Context, Initialiser, LossScope, Scope, Values, Window } from "../contract/slot.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { streamOf } from "../random.ts";
import { type Chain, checkChain, type ModelConfig } from "./chain.ts";

/** A batch on the device. Normal videos first, then abnormal; B = 2n in training. */
export interface DeviceBatch {
  /** [B, N, T, D], or [B, N, T, D + 1] with a magnitude channel: the L2 norm of the D features. */
  video: tf.Tensor;
  /** int32 [B] valid snippets. */
  lengths: tf.Tensor;
  /** int32 [B]; 0 is Normal. */
  classIds: tf.Tensor;
  /** [B, K] of 0 and 1, every class of each video. */
  labels: tf.Tensor;
}

export interface Term {
  value: tf.Scalar;
  weight: number;
}

export interface Model {
  parameters: ParameterStore;
  /**
   * False when the head declares unbounded scores: metrics with a fixed threshold are then null.
   */
  scoresInUnitRange: boolean;
  /**
   * Whether the scores are the mean of each crop's own scores, so that crops may be scored one by
   * one.
   */
  cropsApart: boolean;
  /** Whether the model sees nothing of the crops but the mean of their features. */
  cropsAveraged: boolean;
  /** Set where a long video is scored window by window. */
  window: Window | null;
  /** Classes of `class_logits`, which a text branch gives for every snippet; 0 without one. */
  classes: number;
  /** Snippets that a training video must have at least. */
  minimumSnippets: number;
  /**
   * The named values of one pass, `scores` [B, T, 1] among them. Call within tf.tidy.
   *
   * @param keep "read": what nothing in the model reads any more is freed on the way, which leaves
   *     what the losses read
   */
  forward(batch: DeviceBatch, context: Context, keep?: "all" | "read"): Values;
  /** Sum of value x weight over the terms, and the terms. */
  loss(values: Values, context: Context): { loss: tf.Scalar; terms: Record<string, Term> };
  /**
   * Changes where a loss term begins to do something else: a recorded step must then be recorded
   * anew.
   */
  phase(context: Pick<Context, "step" | "epoch">): string;
}

/**
 * Builds the model with its starting weights.
 *
 * @param start seed of the initial weights; null where weights are assigned next; or the weights,
 *     which `requireGiven` of the parameters then checks
 * @throws fault when the entries do not fit together
 */
export function assemble(config: ModelConfig, start: number | null | GivenValues): Model {
  const chain = checkChain(config);
  const parameters = new ParameterStore(start);
  const needsMagnitude = chain.slots.some(({ slot }) => "features.magnitude" in slot.requires);
  const { steps, terms } = buildChain(chain, config, parameters);
  const readers = [...chain.slots, ...chain.losses].map(({ slot }) => Object.keys(slot.requires));
  const readAfter = chain.slots.map((_, i) => new Set(["scores", ...readers.slice(i + 1).flat()]));
  return {
    parameters,
    scoresInUnitRange: chain.ports.get("scores")?.properties.includes("unit") ?? false,
    cropsApart: chain.slots.every(({ slot }) => !slot.mixesCrops),
    cropsAveraged: !needsMagnitude &&
      chain.slots.every(({ slot, config: settings }) =>
        !("features" in slot.requires) || slot.averagesCrops?.(settings) === true
      ),
    window: chain.slots.map(({ slot, config: settings }) => slot.window?.(settings) ?? null)
      .find((window) => window !== null) ?? null,
    classes: Number(chain.ports.get("class_logits")?.axes.at(-1) ?? 0),
    minimumSnippets: Math.max(
      1,
      ...chain.slots.map(({ slot, config: settings }) => slot.minimumSnippets?.(settings) ?? 1),
    ),
    forward({ video, lengths, classIds, labels }, context, keep = "all") {
      const told = { lengths, class_ids: classIds, labels };
      let values: Values = { ...splitMagnitude(video, config), ...told };
      if (needsMagnitude) values["features.magnitude"] ??= magnitudeOf(values.features);
      steps.forEach((step, i) => {
        const made = tf.tidy(() => {
          const given = step(values, context);
          return keep === "all" ? given : chosen(given, readAfter[i]);
        });
        values = { ...values, ...made };
      });
      return values;
    },
    loss(values, context) {
      const evaluated: Record<string, Term> = {};
      for (const { name, weight, value } of terms) {
        evaluated[name] = { value: tf.tidy(() => value(values, context)), weight };
      }
      const weighted = Object.values(evaluated).map(({ value, weight }) => tf.mul(value, weight));
      return { loss: tf.addN(weighted) as tf.Scalar, terms: evaluated };
    },
    phase: (context) =>
      chain.losses.map(({ slot, config: settings }) => slot.phase?.(settings, context) ?? "")
        .join(),
  };
}

/** Where the entries of a chain put their parameters. */
export type ParameterPlaces = Pick<ParameterStore, "has" | "add" | "addUnused"> & {
  trained(): Pick<Parameter, "name" | "shape" | "variable">[];
};

/** Builds the entries of a chain, which names and shapes all parameters. */
export function buildChain(chain: Chain, config: ModelConfig, parameters: ParameterPlaces) {
  const guardSqrt = config.guard_sqrt ?? false, attnImpl = config.attn_impl ?? "fused";
  const steps = chain.slots.map(({ slot, config: settings, given }) =>
    slot.build(settings, scopeOf(slot.name, parameters, { guardSqrt, attnImpl }), given)
  );
  const terms = chain.losses.map(({ slot, config: settings, given }, i) => ({
    name: slot.name,
    weight: config.loss[i].weight,
    value: slot.build(settings, lossScopeOf(slot.name, parameters, guardSqrt), given),
  }));
  return { steps, terms };
}

function chosen(values: Values, names: Set<string>): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** The feature channels, and the magnitude channel where the batch carries one. */
function splitMagnitude(video: tf.Tensor, { features: { dim } }: ModelConfig): Values {
  const channels = video.shape.at(-1)!;
  if (channels === dim) return { features: video };
  if (channels !== dim + 1) {
    throw new TypeError(`Cannot run the model: expected ${dim} channels, found ${channels}`);
  }
  const [features, magnitude] = tf.split(video, [dim, 1], -1);
  return { features, "features.magnitude": magnitude };
}

/** [B, N, T, D] -> [B, N, T, 1]. */
function magnitudeOf(features: tf.Tensor): tf.Tensor {
  return tf.expandDims(l2Norm(features), -1);
}

/** The scope of a slot in a store. */
export function scopeOf(
  slot: string,
  parameters: ParameterPlaces,
  chosen: Pick<Scope, "guardSqrt" | "attnImpl">,
): Scope {
  const add = (
    name: string,
    shape: number[],
    initialiser: Initialiser,
    trained: boolean,
    frozen = false,
    apart = false,
  ) =>
    parameters.add(
      parameters.has(name) ? `${slot}.${name}` : name,
      shape,
      initialiser,
      trained,
      frozen,
      apart,
    );
  return {
    parameter: (name, shape, initialiser) => add(name, shape, initialiser, true),
    buffer: (name, shape, initialiser) => add(name, shape, initialiser, false),
    frozen: (name, shape, initialiser) => add(name, shape, initialiser, false, true),
    apart: (name, shape, initialiser) => add(name, shape, initialiser, false, false, true),
    unused: (prefix, tensors) => parameters.addUnused(prefix, tensors),
    ...chosen,
    stream: (name) => streamOf(`${slot}/${name}`),
  };
}

function lossScopeOf(
  slot: string,
  parameters: ParameterPlaces,
  guardSqrt: boolean,
): LossScope {
  return {
    parameters: (filter) =>
      parameters.trained().filter(({ name, shape }) => filter(name, shape))
        .map(({ variable }) => variable),
    guardSqrt,
    stream: (name) => streamOf(`${slot}/${name}`),
  };
}
