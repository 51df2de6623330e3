/**
 * The tape on which tfjs notes operations for the backward pass, as far as it is used here. Private
 * to TypeScript alone; checked against @tensorflow/tfjs-core 4.22.0.
 */

import * as tf from "@tensorflow/tfjs";

/** One operation of the forward pass. */
export interface TapeNode {
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  /** What its gradient needs, in memory until disposed. */
  saved: tf.Tensor[];
  /**
   * Gradients of the outputs, null where the value does not depend on one -> for each input a
   * function.
   */
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

export interface TapeEngine {
  state: { activeTape: TapeNode[] | null };
  /** Whether operations are noted now: none is inside of a kernel. */
  isTapeOn(): boolean;
  startTape(): void;
  endTape(): void;
  addTapeNode(
    kernelName: string,
    inputs: Record<string, tf.Tensor>,
    outputs: tf.Tensor[],
    gradient: unknown,
    saved: tf.Tensor[],
    attributes: Record<string, unknown>,
  ): void;
  makeTensorFromTensorInfo(info: tf.TensorInfo): tf.Tensor;
  backend: { incRef(id: tf.DataId): void };
}

export function tapeEngine(): TapeEngine {
  return tf.engine() as unknown as TapeEngine;
}

/** tfjs's current backend; null before a device is open. */
export function openBackend(): tf.KernelBackend | null {
  return tf.getBackend() ? tf.backend() : null;
}

/** The members above, by name: a test looks for each in tfjs's engine. */
export const ENGINE_MEMBERS = {
  state: "object",
  isTapeOn: "function",
  startTape: "function",
  endTape: "function",
  addTapeNode: "function",
  makeTensorFromTensorInfo: "function",
  backend: "object",
} as const satisfies Record<keyof TapeEngine, string>;
