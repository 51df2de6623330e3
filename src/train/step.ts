/** One pass of training: forward, loss, gradients. The update itself is the optimiser's. */

import * as tf from "@tensorflow/tfjs";
import { gradientsOf } from "../autodiff/backward.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context, Values } from "../contract/slot.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import type { MixedPrecision } from "./mixed_precision.ts";

export interface Pass {
  loss: tf.Scalar;
  /** Unweighted values of the loss terms. */
  terms: Map<string, tf.Scalar>;
  /** By parameter name; parameters that the loss does not reach are absent. */
  gradients: Map<string, tf.Tensor>;
}

/**
 * Loss and gradients of a batch. The caller disposes what it gets ({@link disposePass}). Where it
 * throws it leaves no tensor behind, but running statistics may have moved: who goes on with the
 * model keeps them ({@link keepingStatistics}).
 *
 * @param observe sees the values of the forward pass; what it keeps (tf.keep) is its own
 * @param mixed products in half precision; gradients are those of the scaled loss then
 */
export function runPass(
  model: Model,
  batch: DeviceBatch,
  context: Context,
  observe?: (values: Values) => void,
  mixed: MixedPrecision | null = null,
): Pass {
  const trained = model.parameters.trained();
  const terms = new Map<string, tf.Scalar>();
  let unscaled: tf.Scalar | undefined;
  const differentiate = () =>
    gradientsOf(() => {
      const values = model.forward(batch, context, observe ? "all" : "read");
      observe?.(values);
      const { loss, terms: evaluated } = model.loss(values, context);
      for (const [name, { value }] of Object.entries(evaluated)) {
        terms.set(name, tf.keep(tf.clone(value)));
      }
      if (!mixed) return loss;
      unscaled = tf.keep(tf.clone(loss));
      return mixed.scaled(loss);
    }, trained.map(({ variable }) => variable));
  try {
    const { value, gradients: found } = mixed ? mixed.within(differentiate) : differentiate();
    const gradients = new Map<string, tf.Tensor>();
    trained.forEach(({ name }, i) => {
      if (found[i]) gradients.set(name, found[i]);
    });
    if (unscaled) value.dispose();
    return { loss: unscaled ?? value, terms, gradients };
  } catch (error) {
    tf.dispose([...terms.values(), ...(unscaled ? [unscaled] : [])]);
    throw error;
  }
}

/** Does work that may move a model's running statistics, and puts them back, whatever happens. */
export async function keepingStatistics<T>(model: Model, work: () => Promise<T>): Promise<T> {
  const statistics = model.parameters.all().filter(({ trained, frozen }) => !trained && !frozen);
  const before = await Promise.all(
    statistics.map(async ({ variable }) => {
      return Float32Array.from(await variable.data()); // a copy: they are moved in place
    }),
  );
  try {
    return await work();
  } finally {
    statistics.forEach(({ variable }, i) => overwrite(variable, before[i]));
  }
}

export function disposePass({ loss, terms, gradients }: Pass): void {
  tf.dispose([loss, ...terms.values(), ...gradients.values()]);
}
