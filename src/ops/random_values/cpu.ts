/**
 * Random numbers and dropout on the cpu; the mask is drawn again in the backward pass, never
 * stored.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { dropoutThreshold } from "../../device/dropout_threshold.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

/** Scratch memory of the passes that draw. */
export const WORDS_BYTES = 128;

/** Seed in two halves, and step. */
export function stateOf(backend: CpuBackend, state: tf.TensorInfo): [number, number, number] {
  const [key0, key1, step] = backend.typedArrayFromHeap(state) as Int32Array;
  return [key0, key1, step];
}

for (const [kernel, pass] of [["WsvadUniform", "uniform"], ["WsvadNormal", "normal"]] as const) {
  registerCpuForm(kernel, (backend, { state }, { shape, stream }) => {
    const y = backend.output(shape);
    const [key0, key1, step] = stateOf(backend, state);
    backend.withScratch(WORDS_BYTES, (words) => {
      backend.passes[pass](backend.address(y), 0, sizeOf(shape), key0, key1, stream, step, words);
    });
    return y;
  });
}

registerCpuForm("WsvadDropout", (backend, { x, state }, { rate, stream }) => {
  const y = backend.output(x.shape);
  const [key0, key1, step] = stateOf(backend, state);
  const threshold = dropoutThreshold(rate), scale = 1 / (1 - rate);
  const [from, to] = [backend.address(x), backend.address(y)];
  backend.withScratch(WORDS_BYTES, (words) => {
    backend.passes.dropout(
      ...[from, to, 0, sizeOf(x.shape), threshold, scale] as const,
      ...[key0, key1, stream, step, words] as const,
    );
  });
  return y;
});
