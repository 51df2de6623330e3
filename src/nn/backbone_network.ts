/** A backbone's network with weights in it: every key that it asks for, and no other. */

import * as tf from "@tensorflow/tfjs";
import type { Backbone, Network, WeightScope } from "../contract/backbone.ts";
import { fault } from "../fault.ts";
import type { AttentionImplementation } from "../ops/attention/op.ts";

/** Weights by the network's keys: float32 in C order. */
export type BackboneWeights = Map<string, { shape: number[]; data: Float32Array }>;

export interface BuiltNetwork {
  network: Network;
  dispose(): void;
}

/** Stands for a tensor while keys are only asked for. */
const UNREAD = { trainable: false } as unknown as tf.Tensor;

/** The keys that a backbone reads and their shapes, in its order. No device is needed. */
export function weightShapes<C>(
  backbone: Pick<Backbone<C>, "build" | "name">,
  config: C,
): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  backbone.build(config, {
    attnImpl: "fused",
    tensor(keys) {
      for (const [key, shape] of Object.entries(keys)) {
        shapes.set(key, shape);
      }
      return UNREAD;
    },
  });
  return shapes;
}

/**
 * What keeps weights from being those of a backbone, in words.
 *
 * @param held by key: the shape of what there is
 */
export function weightProblems(
  expected: ReadonlyMap<string, number[]>,
  held: ReadonlyMap<string, number[]>,
): string[] {
  const problems: string[] = [];
  for (const [key, shape] of expected) {
    const found = held.get(key);
    if (!found) problems.push(`missing ${key} [${shape}]`);
    else if (String(found) !== String(shape)) {
      problems.push(`${key}: expected [${shape}], found [${found}]`);
    }
  }
  for (const key of held.keys()) if (!expected.has(key)) problems.push(`left over ${key}`);
  return problems;
}

/** The first of many, and how many more there are. */
export function someOf(problems: string[], shown = 5): string {
  const more = problems.length - shown;
  return problems.slice(0, shown).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/**
 * Builds the network on the current device.
 *
 * @param source what the weights are from, for messages
 * @throws {TypeError} a fault: a key is missing, left over or of another shape
 */
export function buildNetwork<C>(
  backbone: Pick<Backbone<C>, "build" | "name">,
  config: C,
  weights: BackboneWeights,
  { source, attnImpl = "fused" }: { source: string; attnImpl?: AttentionImplementation },
): BuiltNetwork {
  const held = new Map([...weights].map(([key, { shape }]) => [key, shape]));
  const problems = weightProblems(weightShapes(backbone, config), held);
  if (problems.length > 0) {
    throw fault(
      TypeError,
      `Cannot use ${source} as weights of backbone "${backbone.name}": ${someOf(problems)}`,
    );
  }
  const kept: tf.Tensor[] = [];
  const scope: WeightScope = {
    attnImpl,
    tensor(keys, shape = Object.values(keys)[0], make = (values) => values) {
      const values = Object.keys(keys).map((key) => weights.get(key)!.data);
      const tensor = tf.keep(tf.tensor(make(...values), shape));
      kept.push(tensor);
      return tensor;
    },
  };
  const network = backbone.build(config, scope);
  return { network, dispose: () => tf.dispose(kept) };
}
