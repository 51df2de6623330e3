/**
 * How an operation reaches its device. Every op is a tfjs kernel with a name; its `composed` form,
 * in tf ops, runs anywhere, and a device may have a faster one of its own (`registerForm`). The
 * gradient is registered once and is made of ops again.
 */

import * as tf from "@tensorflow/tfjs";
import { saveShapeOnly, type ShapeOnly } from "../../autodiff/saved_shapes.ts";

/** tfjs's names of the two backends: "wasm" is the cpu device. */
export type BackendName = "wasm" | "webgpu";

/** A kernel as a device implements it: tensor infos in, tensor infos out. */
export type Form = tf.KernelFunc;

type Inputs = Record<string, tf.Tensor>;
// deno-lint-ignore no-explicit-any -- attributes are as varied as ops; each op's file types its own
type Attributes = Record<string, any>;

export interface KernelDefinition {
  /** Starts with "Wsvad", so that it never meets a kernel of tfjs. */
  name: string;
  /** The op in tf ops: correct on every device, the reference for speed. */
  composed(inputs: Inputs, attributes: Attributes): tf.Tensor | tf.Tensor[];
  gradient?: Omit<tf.GradConfig, "kernelName">;
  /**
   * Which of what the gradient saves (inputs, then outputs) it needs for the shape alone; absent:
   * none.
   */
  shapeOnly?: ShapeOnly;
}

const backends: BackendName[] = ["wasm", "webgpu"];
const names = new Set<string>();
const forms = new Map<string, Form>();
let composedOnly = false;

/** Gives a kernel the form that one device runs; before or after the kernel is defined. */
export function registerForm(
  { kernel, device, form }: { kernel: string; device: BackendName; form: Form },
): void {
  forms.set(`${device}/${kernel}`, form);
}

/** Names of all kernels that are defined. */
export function kernelNames(): string[] {
  return [...names];
}

/** Names of the kernels that have a form of their own on a device. */
export function kernelsWithForm(device: BackendName): string[] {
  return [...forms.keys()].filter((key) => key.startsWith(`${device}/`)).map((key) =>
    key.slice(device.length + 1)
  );
}

/** Runs `body` with the composed forms alone, for comparisons of a device's own forms with them. */
export function withComposedForms<T>(body: () => T): T {
  composedOnly = true;
  try {
    return body();
  } finally {
    composedOnly = false;
  }
}

/** Makes a kernel known to tfjs on both backends, with its gradient. */
export function defineKernel({ name, composed, gradient, shapeOnly }: KernelDefinition): void {
  names.add(name);
  for (const backendName of backends) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: (call) => {
        const form = composedOnly ? undefined : forms.get(`${backendName}/${name}`);
        if (form) return form(call);
        const { inputs, attrs } = call;
        return tf.tidy(() => composed(inputs as Inputs, (attrs ?? {}) as Attributes));
      },
    });
  }
  if (gradient) tf.registerGradient({ kernelName: name, ...gradient });
  if (shapeOnly) saveShapeOnly(name, shapeOnly);
}

/** Runs a kernel with one output; inputs that are undefined are left out. */
export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: Attributes = {},
): tf.Tensor {
  return tf.engine().runKernel(name, given(inputs), attributes) as unknown as tf.Tensor;
}

/** Runs a kernel with several outputs. */
export function runKernels(
  name: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: Attributes = {},
): tf.Tensor[] {
  return tf.engine().runKernel(name, given(inputs), attributes) as unknown as tf.Tensor[];
}

function given(inputs: Record<string, tf.Tensor | undefined>): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined),
  );
}
