/** Bias and activation in place, one pass. */

import type * as tf from "@tensorflow/tfjs";
import activation from "../../../kernels/activation.wgsl" with { type: "text" };
import code from "../../../kernels/bias_activation.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "./backend.ts";
import { readKernel } from "./pipelines.ts";

const biasActivation = readKernel("bias_activation.wgsl", code, {
  "activation.wgsl": activation,
});
/** WORKGROUP of bias_activation.wgsl. */
const WORKGROUP = 256;

/** ACTIVATION of the kernels. */
export const activationCode = { none: 0, relu: 1, sigmoid: 2 };

/** y [..., C] = activation(y + bias [C]), in place. */
export function addBiasAndActivate(
  backend: WsvadWebGPUBackend,
  y: tf.TensorInfo,
  bias: tf.TensorInfo,
  activation: keyof typeof activationCode,
): void {
  const size = y.shape.reduce((product, length) => product * length, 1);
  backend.dispatch({
    kernel: biasActivation,
    constants: { ACTIVATION: activationCode[activation] },
    bindings: { y, bias },
    uniforms: { size, columns: bias.shape[0] },
    workgroups: Math.ceil(size / WORKGROUP),
  });
}
