/** Kernels of the cpu device: typed bodies for tfjs's registry. */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../cpu_backend.ts";
import { flushingSubnormals } from "../subnormals.ts";

/** What a kernel computes: tensor infos and attributes in, tensor infos on the same backend out. */
export type CpuKernel<Inputs, Attributes> = (
  inputs: Inputs,
  attributes: Attributes,
  backend: CpuBackend,
) => tf.TensorInfo | tf.TensorInfo[];

/** The body in the form that tfjs calls. */
export function cpuKernel<Inputs = Record<string, tf.TensorInfo>, Attributes = unknown>(
  body: CpuKernel<Inputs, Attributes>,
): tf.KernelFunc {
  return ({ inputs, attrs, backend }) =>
    body(inputs as Inputs, attrs as Attributes, backend as CpuBackend);
}

/** A kernel for which subnormal numbers are 0. */
export function flushing(kernel: tf.KernelFunc): tf.KernelFunc {
  return (call) => flushingSubnormals(() => kernel(call));
}

/**
 * A kernel that runs whole or not at all ({@link CpuBackend.run}).
 *
 * @param name for people
 */
export function whole(kernel: tf.KernelFunc, name?: string): tf.KernelFunc {
  return (call) => (call.backend as CpuBackend).run(() => kernel(call), name);
}

/**
 * The same with its inputs on the heap before it begins: in its midst the heap could grow beneath
 * its views.
 */
export function placing(kernel: tf.KernelFunc, name?: string): tf.KernelFunc {
  return whole((call) => {
    (call.backend as CpuBackend).place(call.inputs);
    return flushingSubnormals(() => kernel(call));
  }, name);
}

/** Kernels that look at no values. */
const SHAPE_ALONE = ["Reshape", "ExpandDims"];

/**
 * Makes all kernels of tfjs and in their place {@link placing} ones; those of ops have their forms.
 */
export function placeInputsFirst(): void {
  for (const { kernelName, kernelFunc, setupFunc } of tf.getKernelsForBackend("wasm")) {
    if (kernelName.startsWith("Wsvad") || SHAPE_ALONE.includes(kernelName)) continue;
    replaceKernel(kernelName, placing(kernelFunc, kernelName), setupFunc);
  }
}

/**
 * Puts a kernel in the place of tfjs's own on wasm, if it has one.
 *
 * @param setupFunc that of tfjs's own kernel, if ours still calls it
 */
export function replaceKernel(
  kernelName: string,
  kernelFunc: tf.KernelFunc,
  setupFunc?: tf.KernelSetupFunc,
): void {
  // registering over a kernel logs a warning
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc, setupFunc });
}
