/** How an op's cpu form is written: tensors in, passes over the heap and products, tensors out. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { flushing, placing, whole } from "../../device/cpu/tfjs/cpu_kernel.ts";
import { registerForm } from "./kernel.ts";

type Infos = Record<string, tf.TensorInfo>;
// deno-lint-ignore no-explicit-any -- attributes are as varied as ops
type Attributes = Record<string, any>;

/** Computes a kernel's outputs on the wasm heap. */
export type CpuForm = (
  backend: CpuBackend,
  inputs: Infos,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/**
 * Gives an op its form on the cpu device.
 *
 * @param options.readsHost it takes inputs where they are, on the heap or not
 */
export function registerCpuForm(
  kernel: string,
  run: CpuForm,
  { readsHost = false }: { readsHost?: boolean } = {},
): void {
  const form: tf.KernelFunc = ({ inputs, backend, attrs }) =>
    run(backend as CpuBackend, inputs as Infos, (attrs ?? {}) as Attributes);
  const placed = readsHost ? whole(flushing(form), kernel) : placing(form, kernel);
  registerForm({ kernel, device: "wasm", form: placed });
}

/** Number of elements of a shape. */
export function sizeOf(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
