/** Random numbers and dropout on the cpu; the mask is drawn again in the backward pass, never stored. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm, sizeOf } from "./cpu_form.ts";

const WORDS_BYTES = 128;

function stateOf(backend: CpuBackend, state: tf.TensorInfo): [number, number, number] {
  const [key0, key1, step] = backend.typedArrayFromHeap(state) as Int32Array;
  return [key0, key1, step];
}

registerCpuForm("WsvadUniform", (backend, { state }, { shape, stream }) => {
  const y = backend.output(shape);
  const [key0, key1, step] = stateOf(backend, state);
  backend.withScratch(WORDS_BYTES, (words) => {
    backend.passes.uniform(backend.address(y), sizeOf(shape), key0, key1, stream, step, words);
  });
  return y;
});

registerCpuForm("WsvadDropout", (backend, { x, state }, { rate, stream }) => {
  const y = backend.output(x.shape);
  const [key0, key1, step] = stateOf(backend, state);
  // u = (word >>> 8) 2^-24 >= rate, asked of the integer: exact for every rate
  const threshold = Math.ceil(rate * 2 ** 24);
  const [from, to, scale] = [backend.address(x), backend.address(y), 1 / (1 - rate)];
  backend.withScratch(WORDS_BYTES, (words) => {
    backend.passes.dropout(
      ...[from, to, sizeOf(x.shape), threshold, scale] as const,
      ...[key0, key1, stream, step, words] as const,
    );
  });
  return y;
});
