/**
 * Adam of several parameters at once: a GPU steps them in one dispatch. Their moments lie one
 * behind the other in one tensor m and one tensor v, so that two buffers serve all.
 */

import * as tf from "@tensorflow/tfjs";
import { openBackend } from "../../device/tfjs/engine.ts";
import { defineKernel, runKernels } from "../kernel/kernel.ts";

/** A backend that binds tensors to its kernels, so many at once; the GPU's does. */
interface BindingBackend {
  bindings?: { buffers: number; bytes: number };
}

/** How many parameters a device steps at once, and the bytes that the moments m of all may take. */
export interface Together {
  parameters: number;
  bytes: number;
}

/** That of the current device; one that binds nothing, and none at all, steps one at a time. */
export function adamTogether(): Together {
  const bindings = (openBackend() as BindingBackend | null)?.bindings;
  if (!bindings) return { parameters: 1, bytes: Infinity };
  return { parameters: placesWithin(bindings.buffers), bytes: bindings.bytes };
}

/** Storage buffers that the kernel binds beside those of the parameters: hyper, scale, m, v. */
export const SHARED_BUFFERS = 4;
/** Those of a parameter: itself and its gradient. */
export const BUFFERS_EACH = 2;
/** More save few dispatches of a step. */
const MOST_PARAMETERS = 7;

/** Parameters that a dispatch steps where so many storage buffers can be bound. */
export function placesWithin(buffers: number): number {
  return Math.max(
    1,
    Math.min(MOST_PARAMETERS, Math.floor((buffers - SHARED_BUFFERS) / BUFFERS_EACH)),
  );
}

/** A parameter among several, with the place in m and v at which its moments begin. */
export interface AdamPart<T extends tf.TensorInfo> {
  parameter: T;
  gradient: T;
  offset: number;
}

/** The parts in the inputs of the kernel below. */
export function adamParts<T extends tf.TensorInfo>(
  inputs: Record<string, T>,
  offsets: readonly number[],
): AdamPart<T>[] {
  return offsets.map((offset, k) => ({
    parameter: inputs[`parameter${k}`],
    gradient: inputs[`gradient${k}`],
    offset,
  }));
}

// parameter0, gradient0, parameter1, ... [...], m, v [numbers of all], hyper [9], scale [1]
//   -> [parameter0, parameter1, ..., m, v]: WsvadAdam of each; moments of none stay as they are.
// attributes { decoupled, offsets }: where the moments of each begin, in rising order
defineKernel({
  name: "WsvadAdamTogether",
  composed: (inputs, { offsets, decoupled }) => {
    const { m, v, hyper, scale } = inputs;
    const parts = adamParts(inputs, offsets);
    const pieces: { m: tf.Tensor[]; v: tf.Tensor[] } = { m: [], v: [] };
    let end = 0;
    const upTo = (place: number) => {
      if (place === end) return;
      pieces.m.push(tf.slice(m, [end], [place - end]));
      pieces.v.push(tf.slice(v, [end], [place - end]));
      end = place;
    };
    const updated = parts.map(({ parameter, gradient, offset }) => {
      const { size, shape } = parameter;
      upTo(offset);
      const [own, ownSquare] = [m, v].map((all) =>
        tf.mul(tf.reshape(tf.slice(all, [offset], [size]), shape), 1)
      );
      const of = { parameter: tf.mul(parameter, 1), gradient, m: own, v: ownSquare, hyper, scale };
      const after = runKernels("WsvadAdam", of, { decoupled });
      const [next, nextM, nextV] = after.length ? after : [of.parameter, own, ownSquare];
      pieces.m.push(tf.reshape(nextM, [size]));
      pieces.v.push(tf.reshape(nextV, [size]));
      end = offset + size;
      return next;
    });
    upTo(m.size);
    return [...updated, tf.concat(pieces.m), tf.concat(pieces.v)];
  },
});

/**
 * {@link optimizerStep} of Adam for several parameters.
 *
 * @param steps at most {@link adamTogether}'s, in the order of their moments
 * @param moments of these and perhaps of others, [numbers of all] each
 */
export function adamSteps(
  steps: { parameter: tf.Variable; gradient: tf.Tensor; offset: number }[],
  moments: Record<"m" | "v", tf.Variable>,
  shared: Record<"hyper" | "scale", tf.Tensor>,
  attributes: { decoupled: boolean },
): void {
  const inputs: Record<string, tf.Tensor> = Object.fromEntries(
    steps.flatMap(({ parameter, gradient }, k) => [
      [`parameter${k}`, parameter],
      [`gradient${k}`, gradient],
    ]),
  );
  const offsets = steps.map(({ offset }) => offset);
  tf.tidy(() => {
    const all = { ...inputs, m: moments.m, v: moments.v, ...shared };
    const updated = runKernels("WsvadAdamTogether", all, { offsets, ...attributes });
    if (updated.length === 0) return; // in place
    const variables = [...steps.map(({ parameter }) => parameter), moments.m, moments.v];
    variables.forEach((variable, k) => variable.assign(updated[k]));
  });
}
