/** How an op's webgpu form is written: tensors in, dispatches, tensors out. */

import type * as tf from "@tensorflow/tfjs";
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { whole } from "../../device/webgpu/tfjs/overrides.ts";
import { registerForm } from "./kernel.ts";

type Infos = Record<string, tf.TensorInfo>;
// deno-lint-ignore no-explicit-any -- attributes are as varied as ops
type Attributes = Record<string, any>;

/** Computes a kernel's outputs with the backend's dispatches. */
export type GpuForm = (
  backend: WsvadWebGPUBackend,
  inputs: Infos,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** Gives an op its form on the webgpu device. */
export function registerGpuForm(kernel: string, run: GpuForm): void {
  registerForm({
    kernel,
    device: "webgpu",
    form: whole(({ inputs, backend, attrs }) =>
      run(backend as WsvadWebGPUBackend, inputs as Infos, (attrs ?? {}) as Attributes)
    ),
  });
}

/** Workgroups for one invocation per element, in workgroups of 256. */
export function elementwise(size: number): number {
  return Math.ceil(size / 256);
}

/** Number of elements of a shape. */
export function sizeOf(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
