/** Bias and activation in one pass behind a product, and the activation's gradient, on the cpu. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import type { Activation } from "../activation.ts";
import { registerCpuForm, sizeOf } from "./cpu_form.ts";

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

registerCpuForm("WsvadActivationGradient", (backend, { dy, y }, { activation }) => {
  const dz = backend.output(y.shape);
  backend.passes.activationGradient(
    backend.address(dy),
    backend.address(y),
    backend.address(dz),
    sizeOf(y.shape),
    codeOf[activation as Activation],
  );
  return dz;
});
