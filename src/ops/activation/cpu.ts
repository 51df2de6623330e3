/**
 * Bias, activation and dropout in one walk behind a product, and the activation's gradient, on the
 * cpu.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { dropoutThreshold } from "../../device/dropout_threshold.ts";
import type { Activation } from "./op.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";
import { stateOf, WORDS_BYTES } from "../random_values/cpu.ts";

const codeOf: Record<Activation, number> = { none: 0, relu: 1, sigmoid: 2 };

/** y [..., C] = activation(y + bias [C]), in place; nothing to do without both. */
export function addBiasAndActivate(
  backend: CpuBackend,
  y: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  activation: Activation,
): void {
  const to = backend.address(y), count = sizeOf(y.shape), code = codeOf[activation];
  if (bias) {
    const columns = y.shape.at(-1)!;
    backend.passes.biasActivation(to, backend.address(bias), count / columns, columns, code);
  } else if (activation !== "none") {
    backend.passes.activateInPlace(to, count, code);
  }
}

/** y [..., C] = dropout(activation(y + bias [C])), in place. */
export function addBiasActivateAndDrop(
  backend: CpuBackend,
  y: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  activation: Activation,
  { rate, state, stream }: { rate: number; state: tf.TensorInfo; stream: number },
): void {
  const columns = y.shape.at(-1)!, [key0, key1, step] = stateOf(backend, state);
  backend.withScratch(WORDS_BYTES, (words) => {
    backend.passes.biasActivationDropout(
      ...[backend.address(y), bias ? backend.address(bias) : 0] as const,
      ...[0, sizeOf(y.shape) / columns, columns, codeOf[activation]] as const,
      ...[dropoutThreshold(rate), 1 / (1 - rate)] as const,
      ...[key0, key1, stream, step, words] as const,
    );
  });
}

registerCpuForm("WsvadActivationGradient", (backend, { dy, y }, { activation, rate = 0 }) => {
  const dz = backend.output(y.shape);
  backend.passes.activationGradient(
    backend.address(dy),
    backend.address(y),
    backend.address(dz),
    sizeOf(y.shape),
    codeOf[activation as Activation],
    1 / (1 - rate),
  );
  return dz;
});
